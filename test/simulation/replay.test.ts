import { mkdir, mkdtemp, rm, symlink, unlink } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type AnyEvent, defineTool, type SupervisorOptions } from "coppice";
import { afterAll, describe, expect, it } from "vitest";
import { z } from "zod";
import { Noted, type StepTime } from "../../src/engine/outside.ts";
import type { Hosts } from "../../src/hosts/hosts.ts";
import { launch } from "../../src/supervisor/launch.ts";
import { Supervisor } from "../../src/supervisor/supervisor.ts";
import { replayed } from "../../src/testing/replay.ts";
import { difference, runState, wholeState } from "../../src/testing/whole-state.ts";
import { systemClock } from "../../src/wire/clock.ts";
import { call, script, spawn } from "../supervisor/scripts.ts";

const work = defineTool({
  name: "work",
  description: "Works.",
  input: { type: "object" },
  execute: async () => "worked",
});

/** Reads its input later, as what no text can hold. */
const counts = defineTool({
  name: "counts",
  description: "Counts the days since.",
  input: z.object({ since: z.iso.date() }).transform(async ({ since }) => {
    await new Promise((next) => setImmediate(next));
    return { since: new Date(since), big: 1n };
  }),
  inputSchema: { type: "object", properties: { since: { type: "string" } } },
  execute: ({ since }) => since.getTime() / 86_400_000,
});

const folder = await mkdtemp(join(tmpdir(), "coppice-replay-"));
afterAll(() => rm(folder, { recursive: true }));
await Promise.all(["here", "there"].map((name) => mkdir(join(folder, name))));
const link = join(folder, "link");
await symlink("here", link);
const read = defineTool({
  name: "read",
  description: "Reads.",
  input: { type: "object" },
  execute: () => "read",
});

const options: SupervisorOptions = {
  tools: [work, counts, read],
  budget: { toolCalls: 10 },
  grants: [
    "model:*",
    "spawn:*",
    "message:*",
    "tool:counts",
    { allow: "tool:work", ask: true },
    { allow: "tool:read", where: { path: `path:${folder}/here/**` } },
  ],
  agents: {
    lead: {
      model: script([spawn("hand"), call("work")], [call("work")], "done"),
      agents: ["hand"],
      tools: ["work"],
    },
    reader: {
      model: script(
        [call("counts", { since: "2026-01-01" }), call("counts", { since: "never" })],
        [call("read", { path: `${link}/oak.txt` }), call("read", { path: "/oak.txt" })],
        "read",
      ),
      tools: ["counts", "read"],
    },
    hand: { model: script([call("work")], "helped"), tools: ["work"] },
    talker: { model: script("hm", "hm again", "and again", "well"), lifetime: "session" },
    linked: {
      model: script([call("read", { path: `${link}/oak.txt` })], "linked"),
      grants: ["model:*", { allow: "tool:read", where: { path: `path:${link}/**` } }],
      tools: ["read"],
    },
    gossip: {
      model: script(
        [call("send_message", { to: "talker", message: "Have you heard?" })],
        [call("send_message", { to: "/nobody", message: "Hm." })],
        "told",
      ),
      agents: ["hand"],
    },
  },
};

interface Row {
  readonly text: string;
  readonly run: string | undefined;
}

interface Life {
  readonly rows: readonly string[];
  readonly of: (run: string) => readonly string[];
  readonly start: StepTime;
  readonly state: unknown;
  /** Of each run, its state but for its facts. */
  readonly runs: ReadonlyMap<string, unknown>;
}

/** A supervisor in real time, with what happened to it and what it came to. */
async function lived(threads: number): Promise<Life> {
  const all: Row[] = [];
  const noted = new Noted(systemClock, (text, run) => all.push({ text, run }));
  const { start } = noted;
  const swarm = await launch({ ...options, threads }, { outside: () => noted });
  const supervisor: Supervisor = Reflect.construct(Supervisor, [swarm, undefined]);
  supervisor.on("approval.requested", ({ id }) => {
    void supervisor.decide(String(id), { allow: true });
  });
  const talker = await supervisor.spawn("talker", { input: "Hello." });
  talker.tell("Once more.");
  const lead = await supervisor.run("lead", { input: "Go.", labels: { tenant: "acme" } });
  expect(lead.status).toBe("completed");
  expect(await supervisor.run("reader", { input: "Go." })).toMatchObject({ output: "read" });
  await supervisor.pause("/talker");
  talker.tell("And again.");
  await supervisor.resume("/talker");
  expect(await supervisor.run("linked", { input: "Go." })).toMatchObject({ output: "linked" });
  expect(await supervisor.run("gossip", { input: "Go." })).toMatchObject({ output: "told" });
  supervisor.grant("/talker", { deny: "tool:work" });
  await expect(supervisor.spawn("lead", { name: "talker", input: "Go." })).rejects.toThrow(
    "talker",
  );
  await talker.cancel("enough");
  expect(talker.tell("Nobody hears this.")).toBe(false);
  await supervisor.stop();
  const rows = all.map(({ text }) => text);
  const of = (own: string) => all.flatMap(({ text, run }) => (run === own ? [text] : []));
  const runs = new Map([...swarm.runs.paths].map((path) => [path, runState(swarm, path, noFact)]));
  return { rows, of, start, state: wholeState(swarm), runs };
}

const noFact = () => false;

/** The same for the inputs of one run, taken alone. */
async function wrongAlone(
  { start, runs }: Life,
  run: string,
  rows: readonly string[],
): Promise<string | undefined> {
  await using again = await replayed({ ...options, threads: 2 }, { start, isAlone: true });
  try {
    for (const row of rows) again.take(row);
  } catch (thrown) {
    return String(thrown);
  }
  return difference(runs.get(run), runState(again.swarm, run, noFact));
}

/** What is wrong where these inputs are taken by a new supervisor. */
async function wrongIn(
  { start, state }: Life,
  rows: readonly string[],
): Promise<string | undefined> {
  await using again = await replayed({ ...options, threads: 2 }, { start });
  try {
    for (const row of rows) again.take(row);
  } catch (thrown) {
    return String(thrown);
  }
  return difference(state, wholeState(again.swarm));
}

describe.each([0, 2])("the inputs of a supervisor on %i threads", (threads) => {
  it("lead a new one to the same state and facts, from their texts", async () => {
    const life = await lived(threads);
    expect(life.rows.length).toBeGreaterThan(30);
    const { facts } = life.state as { readonly facts: readonly AnyEvent[] };
    const denied = facts.filter(({ type }) => type === "tool.denied");
    expect(denied.map(({ tool }) => tool)).toEqual(["counts", "read"]);
    // Where a path led then is what counts.
    await unlink(link);
    await symlink("there", link);
    expect(await wrongIn(life, life.rows)).toBeUndefined();
    await unlink(link);
    await symlink("here", link);
  });

  it("do not where one is left out, or what was seen is another", async () => {
    const life = await lived(threads);
    const { rows } = life;
    const at = rows.findIndex((row) => row.includes('"type":"tool-result"'));
    const [answered = ""] = rows.filter((row) => row.includes('"to":"place"'));
    const instead = (other: string) => rows.map((row) => (row === answered ? other : row));
    expect(await wrongIn(life, rows.toSpliced(at, 1))).toBeDefined();
    const elsewhere = answered.replace(/("to":"place","value":)"[^"]*"/, '$1"library-9"');
    expect(await wrongIn(life, instead(elsewhere))).toBeDefined();
    const unseen = answered.replace(/"answers":\[.*\]/, '"answers":[]');
    expect(await wrongIn(life, instead(unseen))).toContain('it looked for "room"');
    const more = answered.replace(/\]}$/, ',{"to":"chance","value":0}]}');
    expect(await wrongIn(life, instead(more))).toContain('did not look for "chance"');
  });

  it("of each run alone lead to the state of that run, whatever else there was", async () => {
    const life = await lived(threads);
    const runs = ["/talker", "/lead", "/reader", "/linked", "/gossip"];
    expect([...life.runs.keys()]).toEqual(runs);
    await unlink(link);
    await symlink("there", link);
    for (const run of runs) expect(await wrongAlone(life, run, life.of(run))).toBeUndefined();
    await unlink(link);
    await symlink("here", link);
    expect(life.of("/talker").join("\n")).toContain('"letter":{"type":"tell"');
  });

  it("of one run alone do not where what it was answered is another", async () => {
    const life = await lived(threads);
    const rows = life.of("/lead");
    for (const [was, other] of [
      ['{"to":"slot","value":true}', '{"to":"slot","value":false}'],
      ['{"to":"name","value":"lead"}', '{"to":"name","value":"lord"}'],
      [
        '{"to":"room","value":{}}',
        '{"to":"room","value":{"refusal":{"limit":"spawns","value":1}}}',
      ],
      ['{"to":"approval","value":"approval-1"}', '{"to":"approval","value":"approval-9"}'],
      [
        '{"to":"reserve","value":{"status":"granted"',
        '{"to":"reserve","value":{"status":"waiting"',
      ],
    ] as const) {
      expect(rows.join("\n")).toContain(was);
      const changed = rows.map((row) => row.replace(was, other));
      expect(await wrongAlone(life, "/lead", changed), was).toBeDefined();
    }
  });
});

it("what a look threw is thrown again", async () => {
  const rows: string[] = [];
  const noted = new Noted(systemClock, (row) => rows.push(row));
  const { start } = noted;
  const own: SupervisorOptions = { threads: 0, agents: { plain: { model: script("done") } } };
  const swarm = await launch(own, { outside: () => noted });
  const supervisor: Supervisor = Reflect.construct(Supervisor, [swarm, undefined]);
  const { hosts } = swarm.router;
  swarm.router.hosts = {
    ...(hosts as Hosts),
    pick: () => {
      throw new RangeError("planted");
    },
  };
  const outcome = await supervisor.run("plain", { input: "Go." });
  expect(outcome).toMatchObject({ status: "failed", error: { code: "RUNTIME_FAULT" } });
  await supervisor.stop();
  expect(rows.join("\n")).toContain('"to":"place","threw"');
  await using again = await replayed(own, { start });
  for (const row of rows) again.take(row);
  expect(difference(wholeState(swarm), wholeState(again.swarm))).toBeUndefined();
});
