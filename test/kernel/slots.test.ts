import { expect, it } from "vitest";
import type { Node } from "../../src/kernel/node.ts";
import { Driver } from "./driver.ts";

const statuses = (nodes: readonly Node[]) => nodes.map(({ status }) => status);

it("starts as many as may work, and the rest in order as room comes", () => {
  const driver = new Driver({ concurrency: 2 });
  const nodes = [1, 2, 3, 4].map(() => driver.spawn()) as [Node, Node, Node, Node];
  expect(statuses(nodes)).toEqual(["starting", "starting", "queued", "queued"]);
  expect(driver.facts("spawn.queued").map(({ path }) => path)).toEqual(["/a-3", "/a-4"]);
  driver.complete(nodes[1]);
  expect(statuses(nodes)).toEqual(["starting", "stopped", "starting", "queued"]);
});

it("takes the slot back of who waits for a child, and finishes depth 4 at concurrency 1", () => {
  const driver = new Driver({ concurrency: 1 });
  const path: { node: Node; callId: string }[] = [];
  let node = driver.spawn();
  for (let depth = 2; depth <= 4; depth += 1) {
    const command = { type: "spawn", agent: "a", input: null, background: false } as const;
    const callId = driver.ask(node, command);
    path.push({ node, callId });
    const child = driver.spawn(node, {}, { call: callId });
    expect(child.status).toBe("queued");
    driver.do((kernel) => kernel.idleCall(node, callId));
    expect(child.status).toBe("starting");
    expect(driver.root.atWork).toBe(1);
    node = child;
  }
  driver.complete(node, "deepest");
  for (const { node, callId } of path.toReversed()) {
    const result = driver.bodies(node).at(-1);
    expect(result).toMatchObject({ type: "result", callId, result: { isError: false } });
    expect(driver.root.atWork).toBe(1);
    driver.complete(node, node.path);
  }
  expect(driver.root.openChildren).toBe(0);
});

it("keeps the slot through model and tool calls, and gives it back while idle", () => {
  const driver = new Driver();
  const node = driver.spawn(driver.root, { lifetime: "session" });
  const callId = driver.think(node);
  expect(node.slot).toBe(true);
  driver.endTurn(node, callId);
  expect([node.slot, node.status]).toEqual([false, "waiting"]);
  driver.do((kernel) => kernel.tell(node, "/", "more"));
  expect([node.slot, node.status]).toEqual([true, "running"]);
});

it("serves wakers before spawns, and never refuses them", () => {
  const driver = new Driver({ concurrency: 1, queue: 1 });
  const session = driver.spawn(driver.root, { lifetime: "session" });
  driver.endTurn(session, driver.think(session));
  const worker = driver.spawn();
  const queued = driver.spawn();
  driver.do((kernel) => kernel.tell(session, "/", "wake up"));
  expect(session.slot).toBe(false);
  driver.complete(worker);
  expect([session.slot, queued.status]).toEqual([true, "queued"]);
  expect(driver.bodies(session).at(-1)).toMatchObject({ type: "message", message: "wake up" });
});

it("serves top-level runs in turn", () => {
  const driver = new Driver({ concurrency: 1 });
  const greedy = driver.spawn();
  for (let count = 0; count < 20; count += 1) driver.spawn(greedy);
  const modest = driver.spawn();
  driver.frame(greedy);
  const first = [...greedy.children.values()].find(({ slot }) => slot) as Node;
  driver.complete(first);
  expect(modest.slot).toBe(true);
});

it("holds a request back that comes while its agent has no slot", () => {
  const driver = new Driver({ concurrency: 1 });
  const machine = driver.spawn(driver.root, { loop: false });
  driver.frame(machine);
  const worker = driver.spawn();
  const callId = driver.tool(machine);
  expect(driver.of("request")).toEqual([]);
  driver.complete(worker);
  expect(driver.of("request").map(({ command }) => command)).toMatchObject([{ callId }]);
});

it("does not let one who is blocked elsewhere keep back who is not", () => {
  const driver = new Driver({ concurrency: 2 });
  const narrow = driver.spawn(driver.root, { limits: { concurrency: 1 } });
  const worker = driver.spawn();
  const blocked = driver.spawn(narrow);
  const free = driver.spawn();
  driver.complete(worker);
  expect([blocked.status, free.status]).toEqual(["queued", "starting"]);
});

it("starts nothing below a paused node, and goes on when it is resumed", () => {
  const driver = new Driver();
  const lead = driver.spawn();
  driver.do((kernel) => kernel.pause(lead));
  const child = driver.spawn(lead);
  expect(child.status).toBe("queued");
  const callId = driver.tool(lead);
  expect(driver.of("request")).toEqual([]);
  expect(lead.slot).toBe(false);
  driver.do((kernel) => kernel.resumePaused(lead));
  expect(child.status).toBe("starting");
  expect(driver.of("request").map(({ command }) => command)).toMatchObject([{ callId }]);
});

it("lets what runs go on to its next step while paused, and others work meanwhile", () => {
  const driver = new Driver({ concurrency: 1 });
  const node = driver.spawn();
  const callId = driver.tool(node);
  const other = driver.spawn();
  driver.do((kernel) => kernel.pause(node));
  driver.settle(node, callId);
  expect([node.slot, other.slot]).toEqual([false, true]);
  expect(driver.bodies(node)).toEqual([]);
  driver.do((kernel) => kernel.resumePaused(node));
  driver.complete(other);
  expect(driver.bodies(node)).toMatchObject([{ type: "result", callId }]);
});

it("takes a cancelled agent out of the queue that it waits in", () => {
  const driver = new Driver({ concurrency: 1 });
  const session = driver.spawn(driver.root, { lifetime: "session" });
  driver.endTurn(session, driver.think(session));
  const worker = driver.spawn();
  driver.do((kernel) => kernel.tell(session, "/", "wake up"));
  driver.cancel(session);
  driver.complete(worker);
  expect([session.slot, driver.root.atWork, driver.root.queue.size]).toEqual([false, 0, 0]);
});
