import { expect, it } from "vitest";
import { type Node, subtree } from "../../src/kernel/node.ts";
import type { Limits } from "../../src/wire/spec.ts";
import fc from "../fixtures/properties.ts";
import { codeThrown, Driver } from "./driver.ts";

const acts = [
  "spawn",
  "spawn",
  "spawn",
  "foreground",
  "tool",
  "settle",
  "settle",
  "think",
  "endTurn",
  "endTurn",
  "tell",
  "ack",
  "wait",
  "complete",
  "cancel",
  "pause",
  "resume",
  "loseHost",
  "exhaust",
  "later",
] as const;
interface Step {
  readonly act: (typeof acts)[number];
  readonly pick: number;
}

const bound = fc.option(fc.integer({ min: 1, max: 4 }), { nil: undefined });
const limits = fc.record({ concurrency: bound, children: bound, queue: bound }).map(given);
const steps = fc.array(fc.record({ act: fc.constantFrom(...acts), pick: fc.nat({ max: 1_000 }) }), {
  maxLength: 80,
});

it("keeps every count true and every bound, and lets everybody end once", () => {
  fc.assert(
    fc.property(limits, limits, steps, (ofRoot, ofAgents, all) => {
      const driver = new Driver(ofRoot, 1_000);
      for (const step of all) {
        take(driver, step, ofAgents);
        for (const node of subtree(driver.root)) expectTrue(node);
      }
      wind(driver);
      const spawned = driver.facts("agent.spawned").map(({ path }) => path);
      const ended = driver.of("ended").map(({ node }) => node.path);
      expect(ended.toSorted()).toEqual(spawned.toSorted());
      expect(new Set(ended).size).toBe(ended.length);
      const { atWork, openChildren, liveChildren, queuedBelow, queue } = driver.root;
      const left = { atWork, openChildren, liveChildren, queuedBelow, waiting: queue.size };
      expect(left).toEqual({
        atWork: 0,
        openChildren: 0,
        liveChildren: 0,
        queuedBelow: 0,
        waiting: 0,
      });
      expect(driver.kernel.tree.asks.size).toBe(0);
    }),
    { numRuns: 1_500 },
  );
});

function take(driver: Driver, { act, pick }: Step, agentLimits: Limits): void {
  const living = [...subtree(driver.root)].filter(({ end }) => end === undefined);
  const node = living[pick % living.length] as Node;
  if (act === "spawn") {
    codeThrown(() => driver.spawn(node, { limits: agentLimits }));
  } else if (act === "pause") driver.pause(node);
  else if (act === "resume") driver.resume(node);
  else if (act === "loseHost") loseHost(driver);
  else if (act === "later") driver.tick(driver.now + 400);
  else if (node.depth > 0) takeAgent(driver, act, node, pick);
}

function takeAgent(driver: Driver, act: Step["act"], node: Node, pick: number): void {
  const { kernel } = driver;
  const calls = [...node.calls.values()];
  const call = calls[pick % Math.max(1, calls.length)];
  if (act === "cancel") return driver.cancel(node);
  if (act === "tell") {
    driver.do(() => kernel.tell(node, "/", "hi"));
    return;
  }
  if (act === "exhaust") return driver.do(() => kernel.exhaust(node, "tokens", "none left"));
  if (act === "settle" && call !== undefined && call.state === "working") {
    if (call.command.type !== "model") driver.settle(node, call.command.callId);
  }
  // The rest comes in frames, and those only from where it lives.
  if (node.host === undefined) return;
  if (node.ending !== undefined) return driver.ended(node);
  if (act === "ack") driver.frame(node);
  else if (act === "tool") driver.tool(node);
  else if (act === "wait") driver.ask(node, { type: "wait" });
  else if (act === "complete") driver.complete(node);
  else if (act === "think" && calls.length === 0) driver.think(node);
  else if (act === "endTurn" && call?.command.type === "model")
    driver.endTurn(node, call.command.callId);
  else if (act === "foreground") foreground(driver, node);
}

function foreground(driver: Driver, node: Node): void {
  const callId = driver.ask(node, { type: "spawn", agent: "a", input: null, background: false });
  if (!node.calls.has(callId)) return;
  const code = codeThrown(() => driver.spawn(node, {}, { call: callId }));
  if (code === undefined) driver.do((kernel) => kernel.idleCall(node, callId));
  else driver.settle(node, callId);
}

function loseHost(driver: Driver): void {
  const lost = driver.host;
  driver.host = lost === "h1" ? "h2" : "h1";
  driver.do((kernel) => kernel.loseHost(lost, { reason: "it died" }));
}

/** Everything ends from here on: hosts answer, graces run out, nobody is paused. */
function wind(driver: Driver): void {
  for (const node of subtree(driver.root)) driver.resume(node);
  for (let round = 0; round < 200; round += 1) {
    for (const node of subtree(driver.root)) {
      if (node.depth === 0 || node.end !== undefined || node.host === undefined) continue;
      if (node.ending !== undefined) driver.ended(node);
      else driver.complete(node);
    }
    driver.tick(driver.now + 100);
    if (driver.root.openChildren === 0) return;
  }
  const left = [...subtree(driver.root)].filter(({ end, depth }) => end === undefined && depth > 0);
  expect(left.map(({ path, status, host }) => ({ path, status, host }))).toEqual([]);
}

function expectTrue(node: Node): void {
  const below = [...subtree(node)];
  const children = [...node.children.values()];
  const open = children.filter(({ end }) => end === undefined);
  expect(node.openChildren).toBe(open.length);
  expect(node.liveChildren).toBe(open.filter(({ started }) => started).length);
  expect(node.liveChildren).toBeLessThanOrEqual(node.limits.children ?? 64);
  expect(node.atWork).toBe(below.filter(({ slot }) => slot).length);
  expect(node.atWork).toBeLessThanOrEqual(node.limits.concurrency ?? 64);
  const unstarted = below.filter((at) => at !== node && !at.started && at.end === undefined);
  expect(node.queuedBelow).toBe(unstarted.length);
  if (node.end !== undefined) {
    expect(open).toEqual([]);
    expect({ slot: node.slot, waitingAt: node.waitingAt }).toEqual({
      slot: false,
      waitingAt: undefined,
    });
  }
  const { path, waitingAt, parent } = node;
  if (waitingAt !== undefined) {
    expect(hasRoomFor(node), `${path} waits and there is room`).toBe(false);
  } else if (node.status === "queued" && parent !== undefined) {
    const bound = parent.limits.children ?? (parent.depth === 0 ? Number.POSITIVE_INFINITY : 64);
    expect(parent.liveChildren, `${path} is parked and might be a child`).toBe(bound);
  }
  if (node.slot) expect(hasWork(node), `${path} holds a slot and does nothing`).toBe(true);
}

/** What an agent may hold a slot for. */
function hasWork({ status, host, ending, mailbox, calls, waitingRequests }: Node): boolean {
  if (status === "starting" || host === undefined || ending !== undefined) return true;
  if (mailbox.unacknowledged.length > 0 || waitingRequests.length > 0) return true;
  return [...calls.values()].some(({ state }) => state === "working");
}

function hasRoomFor(node: Node): boolean {
  for (let at: Node | undefined = node; at !== undefined; at = at.parent) {
    if (at.paused || at.atWork >= (at.limits.concurrency ?? 64)) return false;
  }
  return true;
}

function given(record: Record<string, number | undefined>): Limits {
  return Object.fromEntries(Object.entries(record).filter(([, value]) => value !== undefined));
}
