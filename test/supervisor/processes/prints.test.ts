import { afterEach, describe, expect, it, vi } from "vitest";
import {
  type AgentSpec,
  type AnyEvent,
  defineComputeTool,
  Supervisor,
  type SupervisorOptions,
} from "../../../src/index.ts";
import { call, script } from "../scripts.ts";

const fixture = (name: string) =>
  new URL(`../../fixtures/supervisor/${name}.ts`, import.meta.url).href;
const prints: AgentSpec = { machine: fixture("prints") };

/** Runs an agent to its end; answers with what was told, and what reached our own outputs. */
async function printed(options: SupervisorOptions, agent: AgentSpec, input: object) {
  const outputs = [process.stdout, process.stderr].map((stream) => {
    return vi.spyOn(stream, "write").mockReturnValue(true);
  });
  const events: AnyEvent[] = [];
  try {
    await using supervisor = await Supervisor.start(options);
    supervisor.on("agent.printed", (event) => events.push(event));
    const outcome = await supervisor.run({ ...agent, name: "one" }, { input: { ...input } });
    expect(outcome.status).toBe("completed");
    // What went past its stream arrives on a way of its own.
    await expect.poll(() => textOf(events)).toMatch(/past the stream|by a tool|logged 40/);
  } finally {
    const leaked = outputs.flatMap(({ mock }) => mock.calls.map(([text]) => String(text)));
    for (const output of outputs) output.mockRestore();
    expect(leaked).toEqual([]);
  }
  return events;
}

const textOf = (events: readonly AnyEvent[]) => events.map(({ text }) => text).join("");
const told = (events: readonly AnyEvent[]) =>
  events.map(({ path, stream, text }) => `${path} ${stream} ${text}`);

afterEach(() => vi.restoreAllMocks());

describe("what users' code prints", () => {
  it("on a thread is told as its agent's, and reaches no output of the program", async () => {
    const events = await printed({ threads: 1 }, prints, {});
    expect(told(events)).toEqual(
      expect.arrayContaining([
        "/one stdout logged 0\n",
        "/one stderr an error\n",
        "/one stdout später\n",
        "/ stdout past the stream\n",
      ]),
    );
    expect(events.every(({ host }) => /^user-code-\d$/.test(String(host)))).toBe(true);
  });

  it.each(["thread", "process"] as const)("alone in a %s, too", async (isolation) => {
    const raw = isolation === "process";
    const events = await printed({ threads: 1 }, { ...prints, isolation }, { raw });
    const own = events.filter(({ path, stream }) => path === "/one" && stream === "stdout");
    expect(textOf(own)).toContain("logged 0\n");
    expect(textOf(own)).toContain("später\n");
    if (raw) expect(textOf(own)).toContain("past everything\n");
    expect(textOf(events.filter(({ stream }) => stream === "stderr"))).toContain("an error\n");
  });

  it("while its module is checked belongs to nobody", async () => {
    const early: string[] = [];
    const agents = { prints };
    await using supervisor = await Supervisor.start({ threads: 1, agents });
    for await (const event of supervisor.events({ since: 0 })) {
      if (event.type !== "agent.printed") continue;
      early.push(`${event.path} ${event.text}`);
      break;
    }
    expect(early).toEqual(["/ at its import\n"]);
  });

  it("in a compute tool belongs to the agent that called it", async () => {
    const tool = defineComputeTool({
      name: "print",
      description: "Prints.",
      input: { type: "object" },
      module: fixture("printing-tool"),
    });
    const model = script([call("print", { text: "printed by a tool" })], "done");
    const events = await printed({ threads: 1, tools: [tool] }, { model, tools: ["print"] }, [
      { type: "text", text: "go" },
    ]);
    expect(told(events)).toEqual(["/one stdout printed by a tool\n"]);
  });

  it("is bounded, and says where something is left out", async () => {
    const events = await printed({ threads: 1 }, prints, { times: 20_000 });
    const own = events.filter(({ path }) => path === "/one");
    expect(own.length).toBeLessThan(70);
    expect(own.slice(0, 40).every(({ leftOut }) => leftOut === undefined)).toBe(true);
    expect(own.some(({ text, leftOut }) => text === "" && Number(leftOut) > 0)).toBe(true);
  });
});
