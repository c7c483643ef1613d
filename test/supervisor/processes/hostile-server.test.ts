import type { ChildProcess } from "node:child_process";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type OddAnswer, oddAnswers } from "../../fixtures/mcp/hostile-answers.ts";
import { oddEntries } from "../../fixtures/mcp/hostile-entries.ts";
import { fixture } from "../../tools/fixture-toolbox.ts";
import { HostileSwarm, hostileOverHttp } from "../hostile-swarm.ts";
import { MAX_PAUSE_MS } from "../longest-pause.ts";

/** For a call that is answered, and for one that is not. */
const TIME_MS = 30_000;
const LITTLE_TIME_MS = 3_000;

const halfCharacter = /\\ud[89a-f][0-9a-f]{2}/i;

describe("of what a hostile server lists", () => {
  let swarm: HostileSwarm;

  beforeAll(async () => {
    swarm = await HostileSwarm.start({ odd: fixture("hostile-server.ts", "entries") });
    await swarm.until("mcp.connected", "odd");
  });

  afterAll(() => swarm?.[Symbol.asyncDispose]());

  const skipsOf = (tool?: string) =>
    swarm.of("mcp.skipped", "odd").filter((event) => event.tool === tool);

  it.each(oddEntries.filter(({ tool }) => tool !== undefined))(
    "$is works, or is left out and told",
    async ({ tool = "", becomes, input = {} }) => {
      const end = await swarm.callAmong("odd", tool, input);
      const works = !end.isError && end.said.includes("called");
      expect.soft(works ? "listed" : "skipped").toMatch(becomes === "either" ? /./ : becomes);
      // One law for both: it is there, or it has been told that it is not.
      expect.soft({ works, told: skipsOf(tool).length }).toEqual({ works, told: works ? 0 : 1 });
      if (!works) expect.soft(end.code).toBe("TOOL_UNKNOWN");
    },
  );

  it("everything without a name is left out, and each is told", async () => {
    const count = oddEntries.filter(({ tool }) => tool === undefined).length;
    await swarm.callAmong("odd", "ok");
    expect(skipsOf()).toHaveLength(count);
    for (const { reason } of skipsOf()) expect(reason).toMatch(/name/);
  });

  it("a name that is listed twice is told once, and is its first tool", async () => {
    const end = await swarm.callAmong("odd", "twice");
    expect(end.isError).toBe(false);
    expect(skipsOf("twice")).toMatchObject([{ reason: expect.stringMatching(/twice|already/) }]);
  });

  it("what becomes one name for models is told apart, and each call finds its own", async () => {
    const names = ["a.b", "a/b", "a_b"];
    const ends = await swarm.call(...names.map((name) => `odd/${name}`));
    expect(ends.map(({ said }) => JSON.parse(said))).toEqual(
      names.map((name) => `called ${JSON.stringify(name)}`),
    );
    const renamed = swarm.of("tool.renamed", "odd");
    const ours = renamed.filter(({ tool }) => names.includes(String(tool)));
    expect(ours.map(({ tool }) => tool)).toEqual(["a/b", "a_b"]);
    const shown = ours.map(({ name }) => String(name));
    const [first] = await swarm.call(shown[0] ?? "");
    expect(first?.said).toContain("a/b");
    for (const { name } of renamed) expect(name).toMatch(/^[A-Za-z0-9_-]{1,64}$/);
  });

  it("nothing holds the supervisor's thread", ({ annotate }) => {
    const pause = swarm.takePause();
    void annotate(`the longest pause: ${pause.toFixed(1)} ms`);
    expect(pause).toBeLessThan(MAX_PAUSE_MS);
  });
});

describe("a hostile server's answer", () => {
  let swarm: HostileSwarm;
  let web: ChildProcess;

  beforeAll(async () => {
    const answers = fixture("hostile-server.ts", "answers");
    const { url, child } = await hostileOverHttp("answers");
    web = child;
    swarm = await HostileSwarm.start({
      stdio: { ...answers, timeoutMs: TIME_MS },
      http: { url, timeoutMs: TIME_MS },
      stdioBrief: { ...answers, timeoutMs: LITTLE_TIME_MS },
      httpBrief: { url, timeoutMs: LITTLE_TIME_MS },
    });
    const servers = ["stdio", "http", "stdioBrief", "httpBrief"];
    await Promise.all(servers.map((server) => swarm.until("mcp.connected", server)));
  });

  afterAll(async () => {
    await swarm?.[Symbol.asyncDispose]();
    web?.stdin?.end();
  });

  const cases = Object.entries(oddAnswers).flatMap(([name, answer]) =>
    (["stdio", "http"] as const)
      .filter((over) => (answer.only ?? over) === over)
      .map((over) => ({ name, over, ...answer })),
  );

  it("shows structured content once that is the text", async () => {
    const [end] = await swarm.call("stdio/structuredSame");
    expect(end?.said.match(/rows/g)).toHaveLength(1);
  });

  it.for(cases)("of $is costs its call alone, over $over", async (one, { annotate }) => {
    const server = one.hasLittleTime ? `${one.over}Brief` : one.over;
    const lost = swarm.of("mcp.lost", server).length;
    swarm.takePause();
    const end = await swarm.callAmong(server, one.name);
    const pause = swarm.takePause();
    void annotate(`the longest pause: ${pause.toFixed(1)} ms`);
    expect.soft(pause).toBeLessThan(MAX_PAUSE_MS);
    expect.soft(end).toMatchObject(expectedOf(one));
    if (one.fails !== "TOOL_TIMED_OUT" && one.mayWait !== true) {
      expect.soft(end.code).not.toBe("TOOL_TIMED_OUT");
    }
    if (one.says !== undefined) expect.soft(end.said).toMatch(one.says);
    expect.soft(end.said).not.toMatch(halfCharacter);
    expect.soft(Object.prototype).not.toHaveProperty("polluted");
    expect.soft(swarm.of("mcp.lost", server)).toHaveLength(lost);
  });
});

function expectedOf({ fails }: OddAnswer): object {
  if (fails === undefined) return {};
  if (fails === false) return { isError: false };
  return { isError: true, code: fails === true ? "TOOL_FAILED" : fails };
}
