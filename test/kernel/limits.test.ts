import { describe, expect, it } from "vitest";
import type { Node } from "../../src/kernel/node.ts";
import { codeThrown, Driver } from "./driver.ts";

describe("depth", () => {
  it("counts the levels below the node that bears it", () => {
    const driver = new Driver({ depth: 2 });
    const second = driver.spawn(driver.spawn());
    expect(second.depth).toBe(2);
    expect(codeThrown(() => driver.spawn(second))).toBe("DEPTH_EXCEEDED");
  });

  it("allows four levels by default", () => {
    const driver = new Driver();
    let node = driver.root;
    for (let depth = 1; depth <= 4; depth += 1) node = driver.spawn(node);
    expect(codeThrown(() => driver.spawn(node))).toBe("DEPTH_EXCEEDED");
  });

  it.each([0, 1])("of %i on an agent bounds what is below it, and no one else", (depth) => {
    const driver = new Driver();
    const lead = driver.spawn(driver.root, { limits: { depth } });
    const other = driver.spawn();
    let node: Node = lead;
    for (let level = 1; level <= depth; level += 1) node = driver.spawn(node);
    expect(codeThrown(() => driver.spawn(node))).toBe("DEPTH_EXCEEDED");
    expect(driver.spawn(other).depth).toBe(2);
  });

  it("of 0 at the root allows nobody", () => {
    const driver = new Driver({ depth: 0 });
    expect(codeThrown(() => driver.spawn())).toBe("DEPTH_EXCEEDED");
    expect([...driver.root.children]).toEqual([]);
  });

  it("is the tightest of the path, whatever a child is given", () => {
    const driver = new Driver({ depth: 2 });
    const node = driver.spawn(driver.spawn(driver.root, { limits: { depth: 9 } }));
    expect(codeThrown(() => driver.spawn(node))).toBe("DEPTH_EXCEEDED");
  });
});

describe("spawns", () => {
  it.each([0, 3])("of %i is what is ever started below, ended agents included", (spawns) => {
    const driver = new Driver();
    const lead = driver.spawn(driver.root, { limits: { spawns } });
    for (let count = 0; count < spawns; count += 1) driver.complete(driver.spawn(lead));
    expect(codeThrown(() => driver.spawn(lead))).toBe("SPAWNS_EXCEEDED");
  });

  it("counts grandchildren", () => {
    const driver = new Driver();
    const lead = driver.spawn(driver.root, { limits: { spawns: 2 } });
    const child = driver.spawn(lead);
    driver.spawn(child);
    expect(codeThrown(() => driver.spawn(child))).toBe("SPAWNS_EXCEEDED");
  });

  it("is 1000 for each top-level agent, and unbounded at the root", () => {
    const driver = new Driver();
    const lead = driver.spawn();
    for (let count = 0; count < 1_000; count += 1) driver.complete(driver.spawn(lead));
    expect(codeThrown(() => driver.spawn(lead))).toBe("SPAWNS_EXCEEDED");
    for (let count = 0; count < 1_100; count += 1) driver.complete(driver.spawn());
    expect(driver.spawn(driver.spawn()).depth).toBe(2);
  });

  it("keeps the default of a top-level agent when one below it has its own", () => {
    const driver = new Driver({ concurrency: 1_000_000 });
    const lead = driver.spawn();
    const child = driver.spawn(lead, { limits: { spawns: 5_000 } });
    for (let count = 1; count < 1_000; count += 1) driver.complete(driver.spawn(child));
    expect(codeThrown(() => driver.spawn(child))).toBe("SPAWNS_EXCEEDED");
  });

  it("is more than 1000 where the top-level agent or the root says so", () => {
    for (const [root, limits] of [
      [{ spawns: 2_000 }, {}],
      [{}, { spawns: 2_000 }],
    ] as const) {
      const driver = new Driver(root);
      const lead = driver.spawn(driver.root, { limits });
      for (let count = 0; count < 1_001; count += 1) driver.complete(driver.spawn(lead));
      expect(lead.spawnsBelow).toBe(1_001);
    }
  });
});

describe("children", () => {
  it.each([0, 2])("of %i are live ones: who ended makes room", (children) => {
    const driver = new Driver();
    const lead = driver.spawn(driver.root, { limits: { children } });
    const nodes = Array.from({ length: children }, () => driver.spawn(lead));
    expect(codeThrown(() => driver.spawn(lead))).toBe("CHILDREN_EXCEEDED");
    if (nodes[0] === undefined) return;
    driver.complete(nodes[0]);
    expect(driver.spawn(lead).status).toBe("starting");
  });

  it("are 64 for an agent by default and unbounded at the root", () => {
    const driver = new Driver({ concurrency: 1_000 });
    const lead = driver.spawn();
    for (let count = 0; count < 64; count += 1) driver.spawn(lead);
    expect(codeThrown(() => driver.spawn(lead))).toBe("CHILDREN_EXCEEDED");
    for (let count = 0; count < 100; count += 1) driver.spawn();
  });

  it("do not count who is queued; of those, as many start as may live at once", () => {
    const driver = new Driver({ concurrency: 1 });
    const lead = driver.spawn(driver.root, { limits: { children: 2 } });
    const queued = Array.from({ length: 5 }, () => driver.spawn(lead));
    expect(queued.map(({ status }) => status)).toEqual(Array(5).fill("queued"));
    driver.frame(lead);
    const started: string[] = [];
    for (let round = 0; round < 5; round += 1) {
      const running = queued.filter(({ slot }) => slot);
      expect(running).toHaveLength(1);
      expect(lead.liveChildren).toBeLessThanOrEqual(2);
      const [node] = running as [Node];
      started.push(node.name);
      driver.complete(node);
    }
    expect(started).toEqual(queued.map(({ name }) => name));
  });

  it("start a parked one when a child ends or when another parked one is cancelled", () => {
    const driver = new Driver({ concurrency: 2 });
    const lead = driver.spawn(driver.root, { limits: { children: 1 } });
    const other = driver.spawn();
    const [first, second, third] = [1, 2, 3].map(() => driver.spawn(lead)) as [Node, Node, Node];
    driver.frame(lead);
    driver.complete(other);
    expect([first, second, third].map(({ status }) => status)).toEqual([
      "starting",
      "queued",
      "queued",
    ]);
    driver.cancel(second);
    expect(second.end?.status).toBe("cancelled");
    driver.complete(first);
    expect(third.status).toBe("starting");
    driver.complete(third);
    expect(lead.queuedBelow).toBe(0);
  });
});

describe("queue", () => {
  it.each([0, 2])("of %i is how many may wait for a slot", (queue) => {
    const driver = new Driver({ concurrency: 1, queue });
    driver.spawn();
    for (let count = 0; count < queue; count += 1) expect(driver.spawn().status).toBe("queued");
    expect(codeThrown(() => driver.spawn())).toBe("QUEUE_FULL");
  });

  it("of 0 lets start who need not wait", () => {
    const driver = new Driver({ concurrency: 1, queue: 0 });
    expect(driver.spawn().status).toBe("starting");
  });

  it("of an agent bounds those below it only, and counts who waits at the root", () => {
    const driver = new Driver({ concurrency: 1 });
    const lead = driver.spawn(driver.root, { limits: { queue: 1 } });
    driver.spawn(lead);
    expect(codeThrown(() => driver.spawn(lead))).toBe("QUEUE_FULL");
    expect(driver.spawn().status).toBe("queued");
  });

  it("has room again when one of those who wait is started or cancelled", () => {
    const driver = new Driver({ concurrency: 1, queue: 1 });
    const first = driver.spawn();
    const second = driver.spawn();
    driver.cancel(second);
    const third = driver.spawn();
    driver.complete(first);
    expect(third.status).toBe("starting");
    expect(driver.spawn().status).toBe("queued");
    expect(codeThrown(() => driver.spawn())).toBe("QUEUE_FULL");
  });
});

it("refuses what could never work where concurrency is 0", () => {
  expect(codeThrown(() => new Driver({ concurrency: 0 }).spawn())).toBe("QUEUE_FULL");
  const driver = new Driver();
  expect(codeThrown(() => driver.spawn(driver.root, { limits: { concurrency: 0 } }))).toBe(
    "QUEUE_FULL",
  );
});

it("changes nothing when it refuses", () => {
  const driver = new Driver({ depth: 1, spawns: 5, children: 5 });
  const lead = driver.spawn();
  const before = { ...lead, effects: driver.effects.length };
  expect(codeThrown(() => driver.spawn(lead))).toBe("DEPTH_EXCEEDED");
  expect({ ...lead, effects: driver.effects.length }).toEqual(before);
  expect(driver.root.spawnsBelow).toBe(1);
});

describe("mailbox", () => {
  it.each([0, 2])("of %i is how many user messages may wait", (mailbox) => {
    const driver = new Driver();
    const node = driver.spawn(driver.root, { limits: { mailbox } });
    const tell = () => driver.do((kernel) => kernel.tell(node, "/", "hi"));
    for (let count = 0; count < mailbox; count += 1) expect(tell()).toBe(true);
    expect(tell()).toBe(false);
    expect(driver.facts("letter.dead")).toEqual([
      expect.objectContaining({ path: node.path, from: "/", message: "hi" }),
    ]);
  });

  it("counts what was delivered until a frame covers it", () => {
    const driver = new Driver();
    const node = driver.spawn(driver.root, { loop: false, limits: { mailbox: 1 } });
    const tell = () => driver.do((kernel) => kernel.tell(node, "/", "hi"));
    expect([tell(), tell()]).toEqual([true, false]);
    expect(driver.bodies(node)).toHaveLength(1);
    driver.frame(node);
    expect(tell()).toBe(true);
  });

  it("is 1024 by default, and the tightest of the path", () => {
    const driver = new Driver();
    const lead = driver.spawn(driver.root, { limits: { mailbox: 1 } });
    const child = driver.spawn(lead, { limits: { mailbox: 9 } });
    const other = driver.spawn();
    const accepted = (node: Node) =>
      Array.from({ length: 1_025 }, () => driver.do((kernel) => kernel.tell(node, "/", ""))).filter(
        Boolean,
      ).length;
    expect([accepted(child), accepted(other)]).toEqual([1, 1_024]);
  });
});

it("counts turns down to none", () => {
  const driver = new Driver();
  const node = driver.spawn(driver.root, { limits: { turns: 2 } });
  expect(driver.kernel.turnsLeft(node)).toBe(2);
  driver.think(node);
  expect(driver.kernel.turnsLeft(node)).toBe(1);
  expect(driver.kernel.turnsLeft(driver.spawn())).toBe(32);
});
