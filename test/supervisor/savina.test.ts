import { afterEach, beforeEach, expect, it } from "vitest";
import { type AgentRef, type Json, Supervisor } from "../../src/index.ts";

// Small ports of the Savina actor benchmarks (Imam and Sarkar, 2014): every count must be exact.
const ported = ["ring", "mall", "chameneo", "big", "dictionary", "table", "philosopher"] as const;
const fixture = (path: string) => new URL(`../fixtures/${path}.ts`, import.meta.url).href;
const upTo = (count: number) => Array.from({ length: count }, (_, n) => n);
const patient = { timeout: 20_000 };

let supervisor: Supervisor;

beforeEach(async () => {
  const agents = Object.fromEntries(
    [...ported, "dictionary-worker"].map((name) => [name, { machine: fixture(`savina/${name}`) }]),
  );
  const sender = { machine: fixture("sends/sender") };
  const counts = { machine: fixture("sends/counts") };
  supervisor = await Supervisor.start({
    threads: 2,
    agents: { ...agents, sender, counts },
    limits: { mailbox: 2_000 },
  });
});

afterEach(async () => {
  expect(supervisor.stats().deadLetters).toBe(0);
  await supervisor.stop();
});

const spawnAll = (agent: string, names: readonly string[], input: (at: number) => Json) =>
  Promise.all(names.map((name, at) => supervisor.spawn(agent, { name, input: input(at) })));
const reports = (refs: readonly AgentRef[]) =>
  Promise.all(refs.map((ref) => ref.ask({ type: "report" }, { timeoutMs: 20_000 })));
const beginAll = (refs: readonly AgentRef[]) => {
  for (const ref of refs) ref.tell({ type: "begin" });
};

it("ring: each of ten passes a token on that goes round fifty times", async () => {
  const names = upTo(10).map((at) => `ring-${at}`);
  const ring = await spawnAll("ring", names, (at) => ({ next: `/ring-${(at + 1) % 10}` }));
  ring[0]?.tell({ type: "token", left: 500 });
  await expect.poll(() => reports(ring), patient).toEqual(upTo(10).map(() => 50));
});

it("fork-join: each of ten workers counts two hundred messages, in order", async () => {
  const names = upTo(10).map((at) => `worker-${at}`);
  const workers = await spawnAll("counts", names, () => null);
  const fork = await supervisor.spawn("sender", { input: null });
  for (const name of names) fork.tell({ type: "work", to: `/${name}`, upTo: 200 });
  const all = upTo(10).map(() => ({ count: 200, inOrder: true }));
  await expect.poll(() => reports(workers), patient).toEqual(all);
});

it("chameneos: two meet in each of two hundred meetings", async () => {
  const mall = await supervisor.spawn("mall", { name: "mall", input: { meetings: 200 } });
  const names = upTo(8).map((at) => `creature-${at}`);
  const colours = ["red", "yellow", "blue"];
  const of = (at: number) => ({ self: `/${names[at]}`, colour: colours[at % 3] as string });
  const creatures = await spawnAll("chameneo", names, of);
  beginAll(creatures);
  await expect.poll(() => reports([mall]), patient).toEqual([8]);
  const met = (await reports(creatures)) as number[];
  expect(met.reduce((sum, count) => sum + count, 0)).toBe(400);
});

it("big: each of twelve pings the others forty times and hears of each", async () => {
  const names = upTo(12).map((at) => `big-${at}`);
  const all = await spawnAll("big", names, (at) => ({ at, others: 12, pings: 40 }));
  beginAll(all);
  const answered = async () =>
    ((await reports(all)) as { answered: number }[]).map((one) => one.answered);
  await expect.poll(answered, patient).toEqual(upTo(12).map(() => 40));
  const pinged = ((await reports(all)) as { pinged: number }[]).map((one) => one.pinged);
  expect(pinged.reduce((sum, count) => sum + count, 0)).toBe(480);
});

it("dictionary: each of ten workers finds what it has just written", async () => {
  const dictionary = await supervisor.spawn("dictionary", { name: "dictionary" });
  const names = upTo(10).map((at) => `worker-${at}`);
  const of = (at: number) => ({ self: `/worker-${at}`, requests: 40 });
  const workers = await spawnAll("dictionary-worker", names, of);
  beginAll(workers);
  await expect
    .poll(() => reports(workers), patient)
    .toEqual(upTo(10).map(() => ({ done: 40, wrong: 0 })));
  expect(await reports([dictionary])).toEqual([{ reads: 200, writes: 200 }]);
});

it("philosophers: each of five eats twenty times, with two forks each time", async () => {
  const table = await supervisor.spawn("table", { name: "table", input: { philosophers: 5 } });
  const names = upTo(5).map((at) => `philosopher-${at}`);
  const all = await spawnAll("philosopher", names, (at) => ({ at, meals: 20 }));
  beginAll(all);
  await expect.poll(() => reports([table]), patient).toEqual([{ meals: 100, wrong: 0 }]);
  expect(await reports(all)).toEqual(upTo(5).map(() => 20));
});
