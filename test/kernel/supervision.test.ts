import { describe, expect, it } from "vitest";
import type { ChildSpec, Node } from "../../src/kernel/node.ts";
import type { Intensity, Strategy } from "../../src/wire/spec.ts";
import { Driver } from "./driver.ts";

const error = { code: "MODEL_FAILED", message: "no", details: {} } as const;
const rule: Intensity = { maxRestarts: 1, withinMs: 60_000, backoffMs: 100, maxBackoffMs: 100 };
const transient = { restart: "transient" } as const;

function spawnAll(driver: Driver, parent: Node, childSpecs: readonly Partial<ChildSpec>[]): Node[] {
  return childSpecs.map((childSpec, at) => driver.spawn(parent, { name: `c${at}`, ...childSpec }));
}

function family(childSpecs: readonly Partial<ChildSpec>[], more: Partial<ChildSpec> = {}) {
  const driver = new Driver();
  const lead = driver.spawn(driver.root, { lifetime: "session", intensity: rule, ...more });
  return { driver, lead, children: spawnAll(driver, lead, childSpecs) };
}

function fail(driver: Driver, node: Node | undefined): void {
  driver.frame(node as Node, [{ type: "done", end: { status: "failed", error } }]);
}

/** What the hosts answer to everything that was told to end. */
function answerEnds(driver: Driver, nodes: readonly Node[]): void {
  for (const node of nodes) {
    const { ending, finished } = node;
    if (ending !== undefined && finished === undefined) driver.ended(node);
  }
}

const names = (nodes: readonly Node[]) => nodes.map(({ name }) => name);

describe.each<[Strategy, number, readonly string[]]>([
  ["one-for-one", 1, ["c1"]],
  ["one-for-all", 1, ["c0", "c1", "c2", "c3"]],
  ["rest-for-one", 1, ["c1", "c2", "c3"]],
  ["rest-for-one", 0, ["c0", "c1", "c2", "c3"]],
  ["rest-for-one", 3, ["c3"]],
])("%s, when child %i of four fails", (strategy, at, back) => {
  const started = family([transient, transient, transient, transient], { strategy });
  const { driver, children } = started;
  fail(driver, children[at]);
  const stopped = driver.of("deliver").filter(({ body }) => body.type === "end");
  answerEnds(driver, children);
  driver.tick(100);
  driver.comeBack();

  it("stops the others of them from the youngest to the oldest", () => {
    const others = back.filter((name) => name !== `c${at}`).toReversed();
    expect(stopped.map(({ node }) => node.name)).toEqual(others);
  });

  it("starts them all again in the order in which they were started first", () => {
    const restarted = driver.facts("agent.restarted").map(({ path }) => path.split("/").at(-1));
    expect(restarted).toEqual(back);
    expect(names(children.filter(({ incarnation }) => incarnation === 2))).toEqual(back);
    expect(children.every(({ end }) => end === undefined)).toBe(true);
  });

  it("counts one restart against the intensity, however many come back", () => {
    expect(driver.facts("agent.restarted").map(({ restarts }) => restarts)).toEqual(
      back.map(() => 1),
    );
  });
});

describe("a strategy", () => {
  it("waits for the last of those that it stops, and then its back-off", () => {
    const { driver, children } = family([transient, transient], { strategy: "one-for-all" });
    fail(driver, children[0]);
    driver.tick(1_000);
    expect(driver.facts("agent.restarted")).toEqual([]);
    driver.ended(children[1] as Node);
    driver.tick(1_099);
    expect(driver.facts("agent.restarted")).toEqual([]);
    driver.tick(1_100);
    driver.comeBack();
    expect(driver.facts("agent.restarted")).toHaveLength(2);
  });

  it("stops temporary siblings for good, and leaves alone those that have ended", () => {
    const childSpecs = [transient, {}, transient];
    const { driver, children } = family(childSpecs, { strategy: "one-for-all" });
    driver.complete(children[2] as Node);
    fail(driver, children[0]);
    answerEnds(driver, children);
    driver.tick(100);
    expect(children.map(({ incarnation }) => incarnation)).toEqual([2, 1, 1]);
    expect(children[1]?.end).toMatchObject({ status: "cancelled" });
    expect(children[2]?.end).toMatchObject({ status: "completed" });
  });

  it("leaves alone one that has completed and only waits for its children", () => {
    const childSpecs = [transient, { ...transient, lifetime: "session" }] as const;
    const { driver, children } = family(childSpecs, { strategy: "one-for-all" });
    const [first, second] = children as [Node, Node];
    const below = driver.spawn(second);
    driver.complete(second, "all done");
    fail(driver, first);
    driver.ended(below);
    driver.tick(100);
    expect(second.end).toEqual({ status: "completed", output: "all done" });
    expect([first.incarnation, second.incarnation]).toEqual([2, 1]);
  });

  it("tells one that is stopping already nothing twice: it may be cleaning up", () => {
    const childSpecs = [transient, transient, transient];
    const intensity = { ...rule, maxRestarts: 2 };
    const { driver, children } = family(childSpecs, { strategy: "one-for-all", intensity });
    const [first, second, third] = children as [Node, Node, Node];
    fail(driver, first);
    fail(driver, third);
    driver.cancel(second, "enough");
    expect(driver.bodies(second)).toMatchObject([{ type: "end" }]);
    driver.ended(second);
    expect(second.end).toMatchObject({ status: "cancelled", reason: "enough" });
    driver.tick(100);
    expect([first.incarnation, third.incarnation]).toEqual([2, 2]);
  });

  it("takes one that waits for its own restart along, and starts it once", () => {
    const wide = { ...rule, maxRestarts: 9 };
    const childSpecs = [transient, transient];
    const { driver, children, lead } = family(childSpecs, {
      strategy: "one-for-all",
      intensity: wide,
    });
    fail(driver, children[0]);
    answerEnds(driver, children);
    const late = driver.spawn(lead, { name: "late", ...transient });
    fail(driver, late);
    driver.tick(100);
    driver.tick(200);
    driver.tick(300);
    driver.comeBack();
    expect(children.map(({ incarnation }) => incarnation)).toEqual([2, 2]);
    expect(driver.facts("agent.restarted")).toHaveLength(3);
  });

  it("keeps the mail of those that it stops", () => {
    const { driver, children } = family([transient, transient], { strategy: "one-for-all" });
    const [first, second] = children as [Node, Node];
    driver.think(second);
    driver.do((kernel) => kernel.tell(second, "/", "unread"));
    fail(driver, first);
    driver.do((kernel) => kernel.tell(second, "/", "told while it stops"));
    driver.ended(second);
    expect(second.mailbox.user.map((body) => "message" in body && body.message)).toEqual([
      "unread",
      "told while it stops",
    ]);
    expect(driver.facts("letter.dead")).toEqual([]);
  });
});

describe("intensity", () => {
  it("counts all children of its supervisor together", () => {
    const { driver, children, lead } = family([transient, transient]);
    fail(driver, children[0]);
    driver.tick(100);
    fail(driver, children[1]);
    expect(children[1]?.end).toMatchObject({
      status: "failed",
      error: { code: "RESTART_INTENSITY_EXCEEDED", details: { node: "/a", maxRestarts: 1 } },
    });
    expect(lead.end).toBeUndefined();
  });

  it("survives the incarnations of the children", () => {
    const { driver, children } = family([transient]);
    fail(driver, children[0]);
    driver.tick(100);
    fail(driver, children[0]);
    expect(children[0]?.end).toMatchObject({ error: { code: "RESTART_INTENSITY_EXCEEDED" } });
  });

  it("with 0 restarts gives up at the first failure, and says how it ended last", () => {
    const { driver, children } = family([transient], { intensity: { ...rule, maxRestarts: 0 } });
    fail(driver, children[0]);
    expect(children[0]?.end).toMatchObject({
      error: { details: { maxRestarts: 0, status: "failed", last: { code: "MODEL_FAILED" } } },
    });
    expect(driver.facts("agent.restarted")).toEqual([]);
  });

  it("exceeded, ends all children, but not a supervisor of transient ones", () => {
    const { driver, children, lead } = family([transient, transient, {}], {
      intensity: { ...rule, maxRestarts: 0 },
    });
    fail(driver, children[0]);
    answerEnds(driver, children);
    expect(children.map(({ end }) => end?.status)).toEqual(["failed", "cancelled", "cancelled"]);
    expect(lead.end).toBeUndefined();
  });

  it("of the root counts for each top-level agent by itself, and ends no other", () => {
    const driver = new Driver();
    const childSpecs = [transient, transient, { restart: "permanent" }] as const;
    const [first, second, third] = spawnAll(driver, driver.root, childSpecs) as [Node, Node, Node];
    for (let round = 0; round < 3; round += 1) {
      for (const node of [first, second]) fail(driver, node);
      driver.tick(driver.now + 10_000);
    }
    expect([first, second].map(({ incarnation }) => incarnation)).toEqual([4, 4]);
    fail(driver, first);
    expect(first.end).toMatchObject({ error: { code: "RESTART_INTENSITY_EXCEEDED" } });
    expect([second.end, third.end]).toEqual([undefined, undefined]);
  });
});

describe("escalation", () => {
  /** /a supervises /a/mid, which supervises /a/mid/c0. */
  function levels(mid: Partial<ChildSpec>, leaf: Partial<ChildSpec>) {
    const driver = new Driver();
    const top = driver.spawn(driver.root, { lifetime: "session", intensity: rule });
    const supervising = { lifetime: "session", intensity: { ...rule, maxRestarts: 0 } } as const;
    const middle = driver.spawn(top, { name: "mid", ...supervising, ...mid });
    const [low] = spawnAll(driver, middle, [leaf]) as [Node];
    return { driver, top, middle, low };
  }

  it("fails the supervisor of a permanent child, and its own supervisor restarts it", () => {
    const { driver, middle, low } = levels({ restart: "permanent" }, { restart: "permanent" });
    fail(driver, low);
    expect(low.end).toMatchObject({ error: { code: "RESTART_INTENSITY_EXCEEDED" } });
    driver.ended(middle);
    driver.tick(100);
    expect(middle).toMatchObject({ incarnation: 2, end: undefined, openChildren: 0 });
    expect(driver.facts("agent.restarted")).toMatchObject([
      { path: middle.path, cause: { status: "failed", code: "RESTART_INTENSITY_EXCEEDED" } },
    ]);
  });

  it("goes up two levels, as far as the failing agents are permanent", () => {
    const { driver, top, middle, low } = levels({ restart: "permanent" }, { restart: "permanent" });
    fail(driver, low);
    driver.ended(middle);
    driver.tick(100);
    const again = driver.spawn(middle, { name: "again", restart: "permanent" });
    fail(driver, again);
    driver.ended(middle);
    expect(middle.end).toMatchObject({ error: { code: "RESTART_INTENSITY_EXCEEDED" } });
    driver.ended(top);
    expect(top.end).toMatchObject({
      status: "failed",
      error: { code: "RESTART_INTENSITY_EXCEEDED", details: { node: top.path } },
    });
  });

  it.each([
    ["temporary", {}],
    ["transient", transient],
  ] as const)("ends at one that is %s: it fails, and nobody brings it back", (_restart, mid) => {
    const { driver, top, middle, low } = levels(mid, { restart: "permanent" });
    fail(driver, low);
    driver.ended(middle);
    expect(middle.end).toMatchObject({ error: { code: "RESTART_INTENSITY_EXCEEDED" } });
    expect(top.end).toBeUndefined();
  });

  it("leaves a supervisor that lives on an empty window", () => {
    const { driver, middle, low } = levels({}, transient);
    fail(driver, low);
    expect([middle.end, middle.childRestarts]).toEqual([undefined, undefined]);
  });
});
