import { describe, expect, it } from "vitest";
import {
  type AgentSpec,
  type Grant,
  type SpawnOptions,
  Supervisor,
  type SupervisorOptions,
} from "../../src/index.ts";
import { call, countingTool, script, spawn } from "./scripts.ts";

interface Ran {
  /** How often the tools `open` and `secret` ran. */
  readonly ran: readonly [open: number, secret: number];
  readonly denied: readonly unknown[];
  readonly refused: readonly unknown[];
  readonly status: string;
}

/** Runs `lead` among these agents, and tells what really happened. */
async function run(
  agents: SupervisorOptions["agents"] & {},
  options: SpawnOptions = {},
  more: SupervisorOptions = {},
): Promise<Ran> {
  const open = countingTool("open");
  const secret = countingTool("secret");
  const tools = [open.tool, secret.tool];
  await using supervisor = await Supervisor.start({ threads: 0, tools, agents, ...more });
  const denied: unknown[] = [];
  const refused: unknown[] = [];
  supervisor.on("tool.denied", ({ path, tool, code }) => denied.push([path, tool, code]));
  supervisor.on("spawn.refused", ({ path, code }) => refused.push([path, code]));
  const { status } = await supervisor.run("lead", { input: "go", timeoutMs: 60_000, ...options });
  return { ran: [open.count.calls, secret.count.calls], denied, refused, status };
}

const both = [call("open"), call("secret")];
const user = (grants?: readonly Grant[]): AgentSpec => ({
  model: script(both, "used"),
  tools: ["open", "secret"],
  ...(grants === undefined ? {} : { grants }),
});
const lead = (agent: string, grants?: readonly Grant[]): AgentSpec => ({
  model: script([spawn(agent)], "led"),
  agents: [agent],
  ...(grants === undefined ? {} : { grants }),
});
const denied = (path: string) => [[path, "secret", "CAPABILITY_DENIED"]];
const almost: readonly Grant[] = ["tool:open", "spawn:*", "model:*"];

describe("without grants written by hand", () => {
  it("a lead passes on what its templates need, and uses none of it", async () => {
    const agents = { lead: lead("middle"), middle: lead("user"), user: user() };
    expect(await run(agents)).toEqual({
      ran: [1, 1],
      denied: [],
      refused: [],
      status: "completed",
    });
    const greedy = { ...lead("user"), model: script(both, [spawn("user")], "led") };
    const { ran, denied } = await run({ lead: greedy, user: user() });
    expect(ran).toEqual([1, 1]);
    expect(denied).toEqual([
      ["/lead", "open", "CAPABILITY_DENIED"],
      ["/lead", "secret", "CAPABILITY_DENIED"],
    ]);
  });
});

describe("a child never uses what an ancestor may not", () => {
  it.each([
    ["by its own grants", user(["*"])],
    ["by grants that name it", user(["tool:secret", "tool:open", "model:*"])],
    ["by what its template implies", user()],
  ])("asked for %s", async (_how, child) => {
    const { ran, denied: told } = await run({ lead: lead("user", almost), user: child });
    expect([ran, told]).toEqual([[1, 0], denied("/lead/user")]);
  });

  it("nor does a grandchild, whose parent has it all", async () => {
    const agents = {
      lead: lead("middle", almost),
      middle: lead("user", ["*"]),
      user: user(["*"]),
    };
    const { ran, denied: told } = await run(agents);
    expect([ran, told]).toEqual([[1, 0], denied("/lead/middle/user")]);
  });

  it("nor when the supervisor itself may not", async () => {
    const grants = [{ deny: "tool:secret" }];
    const agents = { lead: lead("user"), user: user(["*"]) };
    const { ran, denied: told } = await run(agents, {}, { grants });
    expect([ran, told]).toEqual([[1, 0], denied("/lead/user")]);
  });

  it.each([
    ["grants", { grants: almost }],
    ["a list that only denies", { grants: [{ deny: "tool:sec*" }] }],
  ] as const)("nor what the options of the spawn leave out, as %s", async (_how, options) => {
    const { ran, denied: told } = await run({ lead: lead("user"), user: user(["*"]) }, options);
    expect([ran, told]).toEqual([[1, 0], denied("/lead/user")]);
  });

  it("and options widen nothing", async () => {
    const agents = { lead: user(["*", { deny: "tool:secret" }]) };
    const { ran, denied: told } = await run(agents, { grants: ["*"] });
    expect([ran, told]).toEqual([[1, 0], denied("/lead")]);
  });
});

describe("a list that only denies", () => {
  it("takes away from what is there by default, here and below", async () => {
    const deny = [{ deny: "tool:secret" }];
    const own = await run({ lead: user(deny) });
    expect([own.ran, own.denied]).toEqual([[1, 0], denied("/lead")]);
    const below = await run({ lead: lead("user", deny), user: user(["*"]) });
    expect([below.ran, below.denied]).toEqual([[1, 0], denied("/lead/user")]);
  });
});

describe("a grant", () => {
  it("for use is not for passing on, and one for passing on not for use", async () => {
    const useOnly: readonly Grant[] = [...almost, { allow: "tool:secret", delegate: false }];
    const passOnly: readonly Grant[] = [...almost, { allow: "tool:secret", use: false }];
    const acting = (grants: readonly Grant[]): AgentSpec => ({
      model: script(both, [spawn("user")], "led"),
      tools: ["*"],
      agents: ["user"],
      grants,
    });
    const using = await run({ lead: acting(useOnly), user: user() });
    expect([using.ran, using.denied]).toEqual([[2, 1], denied("/lead/user")]);
    const passing = await run({ lead: acting(passOnly), user: user() });
    expect([passing.ran, passing.denied]).toEqual([[2, 1], denied("/lead")]);
  });

  it("is needed for a model: without it the agent fails, and nothing is called", async () => {
    const { status, ran } = await run({ lead: user() }, { grants: ["tool:*"] });
    expect([status, ran]).toEqual(["failed", [0, 0]]);
  });
});

describe("a tool", () => {
  it("that is hidden is CAPABILITY_DENIED, one that there is not is TOOL_UNKNOWN", async () => {
    const hidden = { model: script([call("secret"), call("nothing")], "x"), tools: ["open"] };
    const { denied: told, ran } = await run({ lead: { ...hidden, grants: ["*"] } });
    expect(told).toEqual([...denied("/lead"), ["/lead", "nothing", "TOOL_UNKNOWN"]]);
    expect(ran).toEqual([0, 0]);
  });

  it("that the options of the spawn do not name is hidden", async () => {
    const { ran, denied: told } = await run({ lead: user() }, { tools: ["open"] });
    expect([ran, told]).toEqual([[1, 0], denied("/lead")]);
  });
});

describe("a spawn", () => {
  it.each([
    ["without grants", undefined],
    ["with every grant", ["*"]],
  ])("of a template that `agents` does not name is refused %s", async (_how, grants) => {
    const agents = {
      lead: { ...lead("user", grants), model: script([spawn("other")], [spawn("nobody")], "led") },
      user: user(),
      other: user(),
    };
    const { refused, ran, status } = await run(agents);
    expect(refused).toEqual([
      ["/lead", "CAPABILITY_DENIED"],
      ["/lead", "AGENT_UNKNOWN"],
    ]);
    expect([ran, status]).toEqual([[0, 0], "completed"]);
  });

  it("that an ancestor denies is refused", async () => {
    const agents = {
      lead: lead("middle", [{ deny: "spawn:user" }]),
      middle: lead("user", ["*"]),
      user: user(),
    };
    expect((await run(agents)).refused).toEqual([["/lead/middle", "CAPABILITY_DENIED"]]);
  });
});

describe("a message", () => {
  const to = (path: string) => call("send_message", { to: path, message: "psst" });

  it("reaches parents, siblings and children, and nobody else by default", async () => {
    const told: Record<string, boolean> = {};
    for (const target of ["parent", "listener", "/lead/listener", "/listener"]) {
      told[target] = await reaches(target);
    }
    expect(told).toEqual({
      parent: true,
      listener: true,
      "/lead/listener": true,
      "/listener": false,
    });
  });

  it("reaches others where every node of the path grants it", async () => {
    const grant = "message:/listener";
    expect(await reaches("/listener", [grant], [grant])).toBe(true);
    expect(await reaches("/listener", undefined, [grant])).toBe(false);
    expect(await reaches("/listener", [grant], undefined)).toBe(false);
  });

  it("does not reach a relative where a node denies it", async () => {
    expect(await reaches("listener", [{ deny: "message:*" }])).toBe(false);
  });

  async function reaches(
    target: string,
    leadGrants: readonly Grant[] = [],
    writerGrants: readonly Grant[] = [],
  ): Promise<boolean> {
    const base: readonly Grant[] = ["model:*", "spawn:*"];
    const denies = leadGrants.some((grant) => typeof grant === "object");
    const writer: AgentSpec = {
      model: script([to(target)], "wrote", ...Array(3).fill("again")),
      agents: ["listener"],
      grants: [...base, ...writerGrants],
    };
    const listener: AgentSpec = { model: script("one", "two"), lifetime: "session" };
    const boss: AgentSpec = {
      model: script(
        [spawn("listener", { background: true }), spawn("writer")],
        ...Array(5).fill("led"),
      ),
      agents: ["listener", "writer"],
      grants: denies ? leadGrants : [...base, ...leadGrants],
    };
    const agents = { boss, writer, listener };
    await using supervisor = await Supervisor.start({ threads: 0, agents });
    await supervisor.spawn("listener", { input: "go" });
    const ended = Promise.withResolvers<void>();
    supervisor.on("agent.stopped", ({ path }) => path === "/lead/writer" && ended.resolve());
    await supervisor.spawn("boss", { input: "go", name: "lead" });
    await ended.promise;
    return supervisor.stats().deadLetters === 0 && (await wasTold(supervisor, target));
  }

  /** Whoever was told has had one more turn than its input alone makes. */
  async function wasTold(supervisor: Supervisor, target: string): Promise<boolean> {
    const path = target.startsWith("/")
      ? target
      : target === "parent"
        ? "/lead"
        : `/lead/${target}`;
    const base = target === "parent" ? 2 : 1;
    for (let turn = 0; turn < 60; turn += 1) await new Promise((next) => setImmediate(next));
    return supervisor.usage({ path }).modelCalls > base;
  }
});
