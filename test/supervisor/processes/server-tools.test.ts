import { describe, expect, it, vi } from "vitest";
import {
  type AnyEvent,
  defineTool,
  type McpServerConfig,
  Supervisor,
  type SupervisorOptions,
  type Tool,
} from "../../../src/index.ts";
import { say, startMessagesServer, toolUse } from "../../fixtures/messages-server.ts";
import { fixture } from "../../tools/fixture-toolbox.ts";
import { settled } from "../hostile-swarm.ts";
import { script } from "../scripts.ts";

process.env.ANTHROPIC_API_KEY = "sk-ant-test";

const list = (...args: string[]): McpServerConfig => fixture("list-server.ts", ...args);
/** A server that lists these tools and no others, and says whose they are when they are called. */
const named = (...names: string[]) => list("none", ...names);
const own = (name: string): Tool =>
  defineTool({ name, description: "Own.", input: { type: "object" }, execute: () => "own" });

type MessagesServer = Awaited<ReturnType<typeof startMessagesServer>>;

/** A supervisor with a template `model`, and what the models of its agents are shown. */
class Shown implements AsyncDisposable {
  readonly supervisor: Supervisor;
  /** From the first, those of the start included. */
  readonly events: AnyEvent[] = [];
  readonly #server: MessagesServer;
  readonly #wanted: { call?: [name: string, input: object] };
  readonly #reading: Promise<void>;

  static async start(options: SupervisorOptions): Promise<Shown> {
    const wanted: { call?: [name: string, input: object] } = {};
    const server = await startMessagesServer({
      reply: () => {
        const { call } = wanted;
        delete wanted.call;
        return call === undefined ? say("Done.") : say([toolUse("toolu_1", ...call)]);
      },
    });
    const model = { provider: "anthropic", model: "claude-a", baseUrl: server.url } as const;
    const agents = { model: { model, tools: ["*"] } };
    const supervisor = await Supervisor.start({ threads: 0, agents, ...options });
    return new Shown(supervisor, server, wanted);
  }

  private constructor(
    supervisor: Supervisor,
    server: MessagesServer,
    wanted: { call?: [name: string, input: object] },
  ) {
    this.supervisor = supervisor;
    this.#server = server;
    this.#wanted = wanted;
    this.#reading = this.#read();
  }

  /** The names that the model of a new agent is shown; it makes one call first. */
  async names(...call: [] | [name: string, input: object]): Promise<readonly string[]> {
    const { requests } = this.#server;
    const from = requests.length;
    if (call.length > 0) this.#wanted.call = call as [string, object];
    const outcome = await this.supervisor.run("model", { input: "go" });
    expect(outcome).toMatchObject({ status: "completed", output: "Done." });
    return (requests[from]?.body.tools ?? []).map((tool) => tool.name);
  }

  /** The result of a call of a tool that the model is shown under this name. */
  async calls(name: string, input: object = {}): Promise<unknown> {
    const before = this.of("tool.finished").length;
    expect(await this.names(name, input)).toContain(name);
    await settled(() => this.of("tool.finished").length > before);
    return this.of("tool.finished").at(-1)?.result;
  }

  of(type: AnyEvent["type"]): readonly AnyEvent[] {
    return this.events.filter((event) => event.type === type);
  }

  async #read(): Promise<void> {
    for await (const event of this.supervisor.events({ since: 0 })) this.events.push(event);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.supervisor.stop();
    await this.#reading;
    await this.#server.close();
  }
}

describe("two tools that would be one for the model", () => {
  const suffixed = (name: string) => expect.stringMatching(`^${name}_[0-9a-f]{6}$`);

  it("of one server are told apart, and each call finds its own", async () => {
    await using shown = await Shown.start({ mcpServers: { a: named("x.y", "x/y", "x_y") } });
    await settled(() => shown.of("tool.renamed").length === 2);
    const renamed = shown.of("tool.renamed");
    expect(renamed).toMatchObject([
      { server: "a", tool: "x/y", name: suffixed("a__x_y") },
      { server: "a", tool: "x_y", name: suffixed("a__x_y") },
    ]);
    const [second, third] = renamed.map(({ name }) => String(name));
    expect(await shown.names()).toEqual(["a__x_y", second, third]);
    expect(await shown.calls("a__x_y")).toContain("called x.y");
    expect(await shown.calls(String(second))).toContain("called x/y");
    expect(await shown.calls(String(third))).toContain("called x_y");
  });

  it("of two servers are told apart, and each call reaches its server", async () => {
    const mcpServers = { "a.b": named("read"), a_b: named("read", "write") };
    await using shown = await Shown.start({ mcpServers });
    await settled(() => shown.of("tool.renamed").length === 1);
    const [renamed] = shown.of("tool.renamed");
    const name = String(renamed?.name);
    expect(name).toMatch(/^a_b__read_[0-9a-f]{6}$/);
    const [first, second] =
      renamed?.server === "a_b" ? ["read", "read,write"] : ["read,write", "read"];
    expect(await shown.calls("a_b__read")).toBe(`called read of ${first}`);
    expect(await shown.calls(name)).toBe(`called read of ${second}`);
  });

  it("of the embedder and of a server leave the embedder's its name", async () => {
    const options = { tools: [own("a__read")], mcpServers: { a: named("read") } };
    await using shown = await Shown.start(options);
    await settled(() => shown.of("tool.renamed").length === 1);
    const name = String(shown.of("tool.renamed")[0]?.name);
    expect(await shown.calls("a__read")).toBe("own");
    expect(await shown.calls(name)).toContain("called read");
  });

  it("keep their names when their server lists again, also a tool that comes late", async () => {
    const mcpServers = { a: list("plain", "x.y") };
    await using shown = await Shown.start({ mcpServers });
    await shown.calls("a__add", { name: "x/y" });
    await settled(() => shown.of("tool.renamed").length === 1);
    const late = String(shown.of("tool.renamed")[0]?.name);
    expect(await shown.calls("a__x_y")).toContain("called x.y");
    expect(await shown.calls(late)).toContain("called x/y");
    await shown.calls("a__add", { name: "other" });
    await vi.waitFor(async () => expect(await shown.names()).toContain("a__other"), 30_000);
    expect(await shown.calls(late)).toContain("called x/y");
    expect(shown.of("tool.renamed")).toHaveLength(1);
  });

  it("of the embedder alone fail the start", async () => {
    const tools = [own("x.y"), own("x_y")];
    await expect(Supervisor.start({ tools })).rejects.toMatchObject({ code: "OPTIONS_INVALID" });
    const reserved = expect.objectContaining({ code: "OPTIONS_INVALID" });
    expect(() => own("spawn_agent")).toThrow(reserved);
  });
});

describe("a list that changes", () => {
  it("reaches the models of agents that are spawned afterwards, to the last change", async () => {
    await using shown = await Shown.start({ mcpServers: { a: list("plain") } });
    expect(await shown.names()).not.toContain("a__three");
    for (const name of ["one", "two", "three"]) await shown.calls("a__add", { name });
    await vi.waitFor(async () => expect(await shown.names()).toContain("a__three"), 30_000);
    expect(await shown.names()).toEqual(expect.arrayContaining(["a__one", "a__two"]));
    await shown.calls("a__drop", { name: "two" });
    await vi.waitFor(async () => expect(await shown.names()).not.toContain("a__two"), 30_000);
    const [end] = await Promise.all([shown.calls("a__one"), shown.names()]);
    expect(end).toContain("called one");
  });

  it("tells a tool that is another now, and not the others", async () => {
    await using shown = await Shown.start({ mcpServers: { a: list("plain", "x") } });
    await shown.calls("a__drop", { name: "x" });
    await vi.waitFor(async () => expect(await shown.names()).not.toContain("a__x"), 30_000);
    await shown.calls("a__add", { name: "x", description: "Now it also tells others." });
    await settled(() => shown.of("tool.changed").length > 0);
    expect(shown.of("tool.changed")).toMatchObject([{ server: "a", tool: "x" }]);
  });
});

describe("tools of a server that has none yet", () => {
  const away = { command: "no-such-program-7f3a" };

  it.each([
    ["a glob of a server that is away", away, "a/*"],
    ["a name of a server that is away", away, "a/read"],
    ["a glob of a server that lists nothing", named(), "a/*"],
    ["a name of a server that lists nothing", named(), "a/read"],
    ["the name of the server", named(), "a"],
    ["a glob that begins before its name ends", named(), "*/read"],
    ["a tool that was left out of the list", list("skipsNamed"), "a/odd"],
  ])("%s is no error at start or spawn", async (_, server, pattern) => {
    const spec = { model: script("Done."), tools: [pattern] };
    const agents = { reader: spec };
    const supervisor = await Supervisor.start({ threads: 0, mcpServers: { a: server }, agents });
    await using _stop = supervisor;
    for (const agent of ["reader", spec] as const) {
      const options = { input: "go", tools: [pattern] };
      expect(await supervisor.run(agent, options)).toMatchObject({ status: "completed" });
    }
  });

  it.each(["nosuch/*", "nosuch/read", "a/typo", "a/typ*", "b*"])(
    "%s, which nobody can offer, is TOOL_UNKNOWN",
    async (pattern) => {
      const agents = { reader: { model: script("Done."), tools: [pattern] } };
      const mcpServers = { a: named("read") };
      const starting = Supervisor.start({ threads: 0, mcpServers, agents });
      await expect(starting).rejects.toMatchObject({ code: "TOOL_UNKNOWN" });
    },
  );
});
