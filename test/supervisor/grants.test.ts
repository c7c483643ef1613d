import { mkdirSync, mkdtempSync, realpathSync, rmSync, symlinkSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, it, onTestFinished } from "vitest";
import {
  type AgentSpec,
  type AnyEvent,
  CoppiceError,
  type Grant,
  type Json,
  Supervisor,
} from "../../src/index.ts";
import { ManualClock } from "../../src/testing/index.ts";
import { openSupervisor } from "./open-supervisor.ts";
import { call, countingTool, script, spawn } from "./scripts.ts";

/** A tool, and the inputs that it was really given. */
function readTool() {
  const inputs: unknown[] = [];
  const { tool } = countingTool("read", (input) => inputs.push(input));
  return { tool, inputs };
}

/** An agent that makes these calls one after the other. */
const reader = (inputs: readonly Json[], grants?: readonly Grant[]): AgentSpec => ({
  model: script(...inputs.map((input) => [call("read", input)]), "done"),
  tools: ["read"],
  ...(grants === undefined ? {} : { grants: ["model:*", ...grants] }),
});

/** What the calls came to: ok, or the code and the message of the refusal. */
function results(events: readonly AnyEvent[]): string[] {
  return events.flatMap((event): string[] => {
    if (event.type === "tool.finished") return ["ok"];
    return event.type === "tool.denied" ? [`${event.code} ${event.message}`] : [];
  });
}

const codes = (told: readonly string[]): string[] => told.map((one) => one.split(" ")[0] ?? "");

interface Wanted {
  readonly root?: readonly Grant[];
  readonly own?: readonly Grant[];
  readonly options?: readonly Grant[];
  readonly inputs: readonly Json[];
  readonly threads?: number;
}

/** Runs a reader whose grants stand with the supervisor, its spec, or the options of its spawn. */
async function runReader({ root, own, options, inputs, threads = 0 }: Wanted) {
  const { tool, inputs: given } = readTool();
  await using supervisor = await Supervisor.start({
    threads,
    tools: [tool],
    ...(root === undefined ? {} : { grants: ["model:*", "spawn:*", ...root] }),
    agents: { reader: reader(inputs, own) },
  });
  const seen: AnyEvent[] = [];
  supervisor.on("*", (event) => seen.push(event));
  const grants = options === undefined ? {} : { grants: ["model:*", ...options] };
  const outcome = await supervisor.run("reader", { input: "go", ...grants });
  expect(outcome.status).toBe("completed");
  return { given, told: results(seen) };
}

function folder(): string {
  const root = realpathSync(mkdtempSync(join(tmpdir(), "coppice-grants-")));
  onTestFinished(() => rmSync(root, { recursive: true }));
  mkdirSync(join(root, "docs"));
  symlinkSync("/etc", join(root, "docs/out"));
  symlinkSync("docs", join(root, "alias"));
  return root;
}

it.each([0, 2])(
  "where: the tool gets the real path that was checked, on %d threads",
  async (threads) => {
    const root = folder();
    const paths = ["alias/a.txt", "docs/x/../b.txt", "docs/out/passwd", "docs/../../etc/passwd"];
    const inputs = paths.map((path) => ({ path: join(root, path), mode: "r" }));
    // Joined paths are normalised already, so one is written out.
    inputs.push({ path: `${root}/docs/../docs/./c.txt`, mode: "r" });
    const where = { path: `path:${root}/docs/**` };
    const { given, told } = await runReader({
      own: [{ allow: "tool:read", where }],
      inputs,
      threads,
    });
    expect(given).toEqual(
      ["a.txt", "b.txt", "c.txt"].map((name) => ({ path: join(root, "docs", name), mode: "r" })),
    );
    expect(codes(told)).toEqual(["ok", "ok", "CAPABILITY_DENIED", "CAPABILITY_DENIED", "ok"]);
    expect(told[2]).toContain('the grant "tool:read" of /reader needs `path` as path:');
    expect(told[2]).toContain('and it is "/etc/passwd"');
  },
);

it.each(["root", "own", "options"] as const)("where: of %s binds, for each kind", async (at) => {
  const where = { url: "url:https://*.example.com/**", command: "cmd:git log *", n: "5" };
  const good = { url: "HTTPS://a.EXAMPLE.com", command: " git  log x", n: 5 };
  const inputs = [
    good,
    { ...good, url: "https://evil-example.com" },
    { ...good, command: "git log x; rm" },
    { ...good, n: 6 },
    { url: good.url, command: good.command },
  ];
  const { given, told } = await runReader({ [at]: [{ allow: "tool:read", where }], inputs });
  expect(given).toEqual([{ url: "https://a.example.com/", command: "git log x", n: 5 }]);
  expect(codes(told)).toEqual(["ok", ...Array(4).fill("CAPABILITY_DENIED")]);
});

it("deny with where: takes from a default right what it names", async () => {
  const own = undefined;
  const deny: Grant = { deny: "tool:read", where: { path: "path:/etc/**" } };
  const inputs = [{ path: "/srv/x" }, { path: "/srv/../etc/x" }, { path: "~/x" }];
  const { tool, inputs: given } = readTool();
  await using supervisor = await Supervisor.start({
    threads: 0,
    tools: [tool],
    agents: { reader: { ...reader(inputs, own), grants: [deny] } },
  });
  await supervisor.run("reader", { input: "go" });
  expect(given).toEqual([{ path: "/srv/x" }]);
});

it.each([0, 1, 2])("uses: %d calls are made of three", async (uses) => {
  const inputs = [1, 2, 3].map((n) => ({ n }));
  const { given, told } = await runReader({ own: [{ allow: "tool:read", uses }], inputs });
  expect(given).toEqual(inputs.slice(0, uses));
  const refused = Array(3 - uses).fill("CAPABILITY_DENIED");
  expect(codes(told)).toEqual([...Array(uses).fill("ok"), ...refused]);
  expect(told.at(-1)).toContain(`of /reader was for ${uses} uses, and none is left`);
});

it("uses: of the supervisor are shared by agents that race for them on two threads", async () => {
  const { tool, inputs } = readTool();
  await using supervisor = await Supervisor.start({
    threads: 2,
    tools: [tool],
    grants: ["model:*", "spawn:*", { allow: "tool:read", uses: 25 }],
    agents: { reader: reader([{}]) },
  });
  const runs = Array.from({ length: 100 }, () => supervisor.run("reader", { input: "go" }));
  for (const { status } of await Promise.all(runs)) expect(status).toBe("completed");
  expect(inputs).toHaveLength(25);
  expect(supervisor.usage().toolCalls).toBe(25);
});

it("uses: of a spawn bound how often it is made, and one that is refused takes none", async () => {
  await using supervisor = await Supervisor.start({
    threads: 0,
    agents: {
      lead: {
        model: script(
          [spawn("helper", { name: "a/b" })],
          [spawn("helper")],
          [spawn("helper")],
          "done",
        ),
        agents: ["helper"],
        grants: ["model:*", { allow: "spawn:helper", uses: 1 }],
      },
      helper: { model: script("done") },
    },
  });
  const refused: string[] = [];
  supervisor.on("spawn.refused", ({ code }) => refused.push(String(code)));
  await supervisor.run("lead", { input: "go" });
  expect(refused).toEqual(["NAME_INVALID", "CAPABILITY_DENIED"]);
  expect(supervisor.find("/lead/helper")).toBeDefined();
});

it("uses: of a model end the agent that has none left", async () => {
  const spec = reader([{}, {}]);
  const { tool } = readTool();
  await using supervisor = await Supervisor.start({
    threads: 0,
    tools: [tool],
    agents: { reader: { ...spec, grants: ["tool:*", { allow: "model:*", uses: 2 }] } },
  });
  const outcome = await supervisor.run("reader", { input: "go" });
  expect(outcome.status).toBe("failed");
  if (outcome.status === "failed") expect(outcome.error.code).toBe("CAPABILITY_DENIED");
  expect(outcome.usage).toMatchObject({ modelCalls: 2, toolCalls: 2 });
});

it("expiresMs: counts from the agent's beginning, by the supervisor's clock", async () => {
  const clock = new ManualClock();
  const { tool } = countingTool("read", () => clock.advance(50));
  await using supervisor = await Supervisor.start({
    threads: 0,
    clock,
    tools: [tool],
    agents: { reader: reader([{}, {}, {}], [{ allow: "tool:read", expiresMs: 100 }]) },
  });
  const seen: AnyEvent[] = [];
  supervisor.on("*", (event) => seen.push(event));
  for (let run = 0; run < 2; run++) {
    await supervisor.run("reader", { input: "go" });
    const told = results(seen.splice(0));
    expect(codes(told)).toEqual(["ok", "ok", "CAPABILITY_DENIED"]);
    expect(told[2]).toContain("has expired");
  }
});

it("revoke and grant take effect on the next call of a running agent", async () => {
  let calls = 0;
  const { tool } = countingTool("read", () => {
    calls += 1;
    if (calls === 1) opened.swarm.parts.arbiter.revoke(standing(), "tool:*");
    return "ok";
  });
  const spec: AgentSpec = {
    model: script([call("read")], [call("read")], "first", [call("read")], "second"),
    tools: ["read"],
    lifetime: "session",
  };
  await using opened = await openSupervisor({
    threads: 0,
    tools: [tool],
    agents: { reader: spec },
  });
  const standing = () => opened.swarm.record("/reader")!.standing;
  const ref = await opened.supervisor.spawn("reader", { input: "go" });
  await opened.until("tool.denied");
  opened.swarm.parts.arbiter.grant(standing(), "tool:read");
  expect(await ref.ask("more", { timeoutMs: 60_000 })).toBe("second");
  expect(codes(results(opened.seen))).toEqual(["ok", "CAPABILITY_DENIED", "ok"]);
});

it.each([
  [{ allow: "tool:read", where: { path: "path:srv/**" } }, "where.path"],
  [{ allow: "tool:read", where: {} }, "where"],
  [{ allow: "model:*", where: { a: "b" } }, "where"],
  [{ allow: "tool:read", uses: -1 }, "uses"],
  [{ allow: "tool:read", expiresMs: 0.5 }, "expiresMs"],
] as [Grant, string][])("start refuses %o", async (grant, named) => {
  for (const options of [{ grants: [grant] }, { agents: { reader: reader([], [grant]) } }]) {
    const { tool } = readTool();
    const start = Supervisor.start({ threads: 0, tools: [tool], ...options });
    const error: unknown = await start.catch((thrown: unknown) => thrown);
    expect(error).toBeInstanceOf(CoppiceError);
    expect(error).toMatchObject({ code: "OPTIONS_INVALID" });
    expect((error as Error).message).toContain(named);
  }
});
