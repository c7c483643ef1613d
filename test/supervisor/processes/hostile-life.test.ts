import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { AnyEvent, Decision, PendingApproval } from "../../../src/index.ts";
import { lives } from "../../fixtures/mcp/hostile-lives.ts";
import { fixture, isAlive } from "../../tools/fixture-toolbox.ts";
import { HostileSwarm, settled } from "../hostile-swarm.ts";
import { MAX_PAUSE_MS } from "../longest-pause.ts";

/** From the first try to the next one. */
const RECONNECT_MS = 5_000;

const all = Object.entries(lives).flatMap(([name, life]) =>
  // One that does not end by itself has its test below: to stop it takes its time.
  name === "stays" ? [] : [{ name, ...life }],
);

describe("a hostile server that", () => {
  let swarm: HostileSwarm;
  let startMs = 0;
  let pauseMs = 0;
  const asked: PendingApproval[] = [];

  beforeAll(async () => {
    const before = performance.now();
    const servers = all.map(({ name }) => [name, fixture("hostile-server.ts", name)]);
    swarm = await HostileSwarm.start(Object.fromEntries(servers), {
      approve: (request): Decision => {
        asked.push(request);
        return { allow: true, scope: "always" };
      },
    });
    startMs = performance.now() - before;
    await settled(() => all.every(({ name }) => known(name)));
    pauseMs = swarm.takePause();
  });

  afterAll(() => swarm?.[Symbol.asyncDispose]());

  /** By an agent that is shown the tools of this server and of the neighbour alone. */
  const calls = (name: string, ...tools: readonly string[]) =>
    swarm.callAs({ tools: [`${name}/*`, "near/*"] }, ...tools.map((tool) => [tool]));

  const known = (name: string) =>
    swarm.of("mcp.connected", name).length + swarm.of("mcp.lost", name).length > 0;

  it.each(all)("$is costs no other", async ({ name, ...life }) => {
    const [connected] = swarm.of("mcp.connected", name);
    const [lost] = swarm.of("mcp.lost", name);
    expect
      .soft(connected === undefined ? "lost" : "works")
      .toMatch(life.becomes === "either" ? /./ : life.becomes);
    if (life.lost !== undefined) expect.soft(lost?.error).toMatch(life.lost);
    expect.soft(String(lost?.error)).not.toMatch(/\p{Surrogate}/u);
    if (life.tools !== undefined) expect.soft(connected?.tools).toBe(life.tools);
    if (life.skipped !== undefined) {
      const told = swarm
        .of("mcp.skipped", name)
        .filter(({ reason }) => life.skipped?.test(String(reason)));
      expect.soft(told.map(({ reason }) => reason)).toHaveLength(1);
    }
    const [own, neighbour] = await calls(name, `${name}/ok`, "near/structured");
    expect.soft(neighbour).toMatchObject({ isError: false, said: '{"sheets":3}' });
    const told = lost !== undefined || swarm.of("mcp.skipped", name).length > 0;
    // What does not work has been told.
    if (life.becomes === "works") expect.soft(own).toMatchObject({ said: '"well"' });
    else
      expect
        .soft({ works: own?.said === '"well"', told })
        .not.toEqual({ works: false, told: false });
  });

  it("says much of its list is asked for it seldom", async () => {
    await calls("changeFlood", "changeFlood/flood", "changeFlood/ok", "near/structured");
    for (const { name, mostLists } of all) {
      if (mostLists === undefined) continue;
      const [counted] = await calls(name, `${name}/lists`);
      const count = Number(JSON.parse(counted?.said ?? "0"));
      expect.soft({ name, count, few: count <= mostLists }).toMatchObject({ few: true });
    }
  });

  it("changes a tool has it told, and asked for again", async () => {
    const grants = [
      "model:*",
      "tool:rug/flip",
      "tool:rug/ok",
      { allow: "tool:rug/send", ask: true },
    ];
    const rug = (...tools: readonly string[]) =>
      swarm.callAs({ grants, tools: ["rug/*"] }, ...tools.map((tool) => [tool]));
    await rug("rug/send", "rug/send");
    expect(asked).toMatchObject([{ subject: "tool:rug/send" }]);
    await rug("rug/flip");
    await swarm.until("tool.changed", "rug");
    const changed = swarm.of("tool.changed", "rug").map(({ tool }) => tool);
    expect(changed).toContain("send");
    const [end] = await rug("rug/send", "rug/send");
    expect(end).toMatchObject({ isError: false, said: '"sent"' });
    expect(asked).toHaveLength(2);
  });

  it(
    "ends in the middle of an answer fails that call, is told, and is there again",
    async () => {
      const [died, neighbour] = await calls("dies", "dies/die", "near/structured");
      expect(died).toMatchObject({ isError: true, code: "TOOL_FAILED" });
      expect(died?.said).toMatch(/code 7, saying: the last straw/);
      expect(neighbour?.isError).toBe(false);
      await swarm.until("mcp.lost", "dies");
      await swarm.until("mcp.connected", "dies", 2);
      expect((await calls("dies", "dies/ok"))[0]).toMatchObject({ said: '"well"' });
    },
    RECONNECT_MS * 2,
  );

  it("starts beside others neither waits for them nor holds the thread", ({ annotate }) => {
    void annotate(
      `started in ${startMs.toFixed(0)} ms, the longest pause ${pauseMs.toFixed(1)} ms`,
    );
    expect.soft(startMs).toBeLessThan(30_000);
    expect.soft(pauseMs).toBeLessThan(MAX_PAUSE_MS);
  });
});

it("a stop leaves no process of a hostile server, not even of one that stays", async () => {
  const names = ["stays", "changeLoop", "pagesEndless", "wordy"];
  const servers = names.map((name) => [name, fixture("hostile-server.ts", name)]);
  const swarm = await HostileSwarm.start(Object.fromEntries(servers));
  await settled(() => names.every((name) => swarm.of("mcp.connected", name).length > 0));
  const said = await swarm.call(...names.map((name) => `${name}/pid`));
  const pids = said.map((end) => Number(JSON.parse(end.said)));
  expect(pids.filter(isAlive)).toHaveLength(names.length);
  const before = performance.now();
  await swarm[Symbol.asyncDispose]();
  expect(performance.now() - before).toBeLessThan(20_000);
  expect(pids.filter(isAlive)).toEqual([]);
  const stopped: readonly AnyEvent[] = swarm.of("mcp.lost");
  expect(stopped).toEqual([]);
});
