import { describe, expect, it } from "vitest";
import type { ChildSpec, Node } from "../../src/kernel/node.ts";
import type { RestartType } from "../../src/wire/spec.ts";
import { codeThrown, Driver, modelDone } from "./driver.ts";

const error = { code: "MODEL_FAILED", message: "no", details: {} } as const;
const intensity = { maxRestarts: 3, withinMs: 60_000, backoffMs: 100, maxBackoffMs: 100 };

/** A supervising session, and children of it that are started in the background. */
function family(childSpecs: readonly Partial<ChildSpec>[], more: Partial<ChildSpec> = {}) {
  const driver = new Driver();
  const lead = driver.spawn(driver.root, { lifetime: "session", intensity, ...more });
  const children = childSpecs.map((childSpec, at) =>
    driver.spawn(lead, { name: `c${at}`, ...childSpec }),
  );
  return { driver, lead, children: children as [Node, ...Node[]] };
}

function fail(driver: Driver, node: Node): void {
  driver.frame(node, [{ type: "done", end: { status: "failed", error } }]);
}

/** Lets the wait before a restart pass. */
function passBackOff(driver: Driver): void {
  driver.tick(driver.now + 100);
}

type Way = (driver: Driver, node: Node) => void;

const ways: Readonly<Record<string, Way>> = {
  completes: (driver, node) => driver.complete(node),
  fails: fail,
  "is killed for its own fault": (driver, node) => {
    const { host, path, incarnation } = node;
    const running = [{ path, incarnation }];
    driver.do((kernel) =>
      kernel.loseHost(host as string, { reason: "froze", blame: { cause: "froze", running } }),
    );
  },
  "is cancelled": (driver, node) => {
    driver.cancel(node);
    driver.ended(node);
  },
  "is exhausted": (driver, node) => {
    driver.do((kernel) => kernel.exhaust(node, "turns", "no more"));
    driver.ended(node);
  },
  "times out": (driver, node) => {
    driver.do((kernel) => kernel.end(node, { status: "timed-out", reason: "late" }));
    driver.ended(node);
  },
};

/**
 * OTP, `supervisor`: a permanent child is always restarted, a transient one after an abnormal end,
 * a temporary one never. Ours agrees for what an agent does by itself; an end that its owner or its
 * limits caused (cancelled, exhausted, timed out) is none to be repeated, whatever the type.
 */
const table: Readonly<Record<RestartType, readonly string[]>> = {
  permanent: ["completes", "fails", "is killed for its own fault"],
  transient: ["fails", "is killed for its own fault"],
  temporary: [],
};

describe.each(Object.entries(table))("a %s agent", (restart, restartedWhenIt) => {
  it.each(Object.keys(ways))("that %s", (way) => {
    const { driver, children } = family([{ restart: restart as RestartType }]);
    const [child] = children;
    // On a host of its own, which can be lost without its parent's.
    driver.do((kernel) => kernel.tree.locations.settle(child, "h2"));
    driver.frame(child);
    (ways[way] as Way)(driver, child);
    passBackOff(driver);
    const isBack = restartedWhenIt.includes(way);
    expect(child.incarnation).toBe(isBack ? 2 : 1);
    expect(child.end === undefined).toBe(isBack);
    expect(driver.facts("agent.restarted", child)).toHaveLength(isBack ? 1 : 0);
    expect(driver.facts("agent.started", child)).toHaveLength(isBack ? 2 : 1);
  });
});

describe("a restart", () => {
  it("begins after its back-off, and not before", () => {
    const { driver, children } = family([{ restart: "transient" }]);
    fail(driver, children[0]);
    driver.tick(99);
    expect(driver.facts("agent.restarted")).toEqual([]);
    expect(children[0].status).toBe("waiting");
    driver.tick(100);
    expect(driver.facts("agent.restarted")).toMatchObject([
      { incarnation: 2, restarts: 1, delayMs: 100, cause: { status: "failed", code: error.code } },
    ]);
  });

  it("is no spawn: neither counts nor names change, and its turns go on", () => {
    const { driver, lead, children } = family([{ restart: "transient" }]);
    const [child] = children;
    const callId = driver.think(child);
    driver.frame(child, [modelDone(callId), { type: "done", end: { status: "failed", error } }]);
    passBackOff(driver);
    expect(child).toMatchObject({ path: `${lead.path}/c0`, turns: 1, incarnation: 2 });
    expect(lead).toMatchObject({
      liveChildren: 1,
      openChildren: 1,
      spawnsBelow: 1,
      queuedBelow: 0,
    });
    expect(child.callPrefix).toBe(`${lead.path}/c0#2.`);
    expect(driver.kernel.tree.root.atWork).toBe(2);
  });

  it("takes its slot before any spawn, and waits where there is none", () => {
    const driver = new Driver({ concurrency: 1 });
    const child = driver.spawn(driver.root, { restart: "transient" });
    const next = driver.spawn(driver.root, { name: "next" });
    const last = driver.spawn(driver.root, { name: "last" });
    fail(driver, child);
    driver.tick(200);
    expect(next.status).toBe("starting");
    expect(child.status).toBe("queued");
    driver.complete(next);
    expect([child.status, last.status]).toEqual(["starting", "queued"]);
  });

  it("counts a failure while starting", () => {
    const { driver, lead, children } = family([{ restart: "transient" }]);
    for (let round = 0; round < 4; round += 1) {
      fail(driver, children[0]);
      passBackOff(driver);
    }
    expect(children[0].end).toMatchObject({ error: { code: "RESTART_INTENSITY_EXCEEDED" } });
    expect(lead.end).toBeUndefined();
  });

  it("stops its own children first, and starts without them", () => {
    const { driver, children } = family([{ restart: "transient", lifetime: "session" }]);
    const [child] = children;
    const below = driver.spawn(child);
    fail(driver, child);
    driver.tick(1_000);
    expect(driver.facts("agent.restarted")).toEqual([]);
    expect(driver.bodies(below)).toMatchObject([{ type: "end", reason: "parent-ended" }]);
    driver.ended(below);
    expect(below.end).toMatchObject({ status: "cancelled" });
    passBackOff(driver);
    expect(child.incarnation).toBe(2);
    expect(child.openChildren).toBe(0);
  });

  it("gives unread messages to the new incarnation, and not the one that failed", () => {
    const { driver, children } = family([{ restart: "transient", loop: false }]);
    const [child] = children;
    driver.do((kernel) => kernel.tell(child, "/", "fatal"));
    driver.do((kernel) => kernel.tell(child, "/", "unread"));
    driver.frame(child, [{ type: "done", end: { status: "failed", error } }], { upTo: 1 });
    driver.do((kernel) => kernel.tell(child, "/", "told meanwhile"));
    passBackOff(driver);
    const told = driver.bodies(child).map((body) => "message" in body && body.message);
    expect(told).toEqual(["fatal", "unread", "unread", "told meanwhile"]);
    expect(driver.facts("letter.dead")).toEqual([]);
  });

  it("makes results for the old incarnation dead letters", () => {
    const { driver, children } = family([{ restart: "transient", loop: false }]);
    const [child] = children;
    const callId = driver.tool(child);
    driver.settle(child, callId);
    driver.frame(child, [{ type: "done", end: { status: "failed", error } }], { upTo: 0 });
    expect(driver.facts("letter.dead")).toMatchObject([{ path: child.path, from: callId }]);
  });

  it("carries its deadline over", () => {
    const { driver, children } = family([{ restart: "transient", timeoutMs: 1_000 }]);
    fail(driver, children[0]);
    passBackOff(driver);
    driver.tick(1_000);
    driver.ended(children[0]);
    expect(children[0].end).toMatchObject({ status: "timed-out" });
  });

  it.each([
    [99, 2],
    [100, 1],
  ])("of one that fails after %i of its 100 ms leaves incarnation %i", (at, incarnation) => {
    const { driver, children } = family([{ restart: "transient", timeoutMs: 100 }]);
    driver.now = at;
    fail(driver, children[0]);
    driver.tick(10_000);
    expect(children[0].incarnation).toBe(incarnation);
  });

  it("does not count the time in which a person was asked, for itself or for a sibling", () => {
    const childSpecs = [{ restart: "transient" }, { restart: "transient" }] as const;
    const { driver, lead, children } = family(childSpecs, { timeoutMs: 1_000 });
    const [asking, sibling] = children as [Node, Node];
    const callId = driver.tool(asking);
    driver.do((kernel) => kernel.awaitAnswer(asking, callId, { id: "q", until: 9_000 }));
    driver.now = 2_000;
    fail(driver, asking);
    driver.do((kernel) => kernel.endAnswer(asking));
    driver.tick(2_100);
    fail(driver, sibling);
    driver.tick(2_200);
    expect(children.map(({ incarnation }) => incarnation)).toEqual([2, 2]);
    expect(lead.ending).toBeUndefined();
  });

  it("keeps its time-out while thousands of others come and go", () => {
    const { driver, children } = family([{ restart: "transient", timeoutMs: 1_000 }]);
    const below = driver.spawn(children[0]);
    fail(driver, children[0]);
    for (let count = 0; count < 3_000; count += 1) {
      driver.complete(driver.spawn(driver.root, { timeoutMs: 9_000 }));
    }
    driver.ended(below);
    passBackOff(driver);
    driver.tick(1_000);
    expect(children[0].ending).toMatchObject({ status: "timed-out" });
  });

  it("after its owner failed it keeps what was unread", () => {
    const { driver, children } = family([{ restart: "transient" }]);
    const [child] = children;
    driver.do((kernel) => kernel.tell(child, "/", "unread"));
    driver.do((kernel) => kernel.end(child, { status: "failed", reason: "no model", error }));
    expect(driver.do((kernel) => kernel.tell(child, "/", "told while it stops"))).toBe(true);
    driver.ended(child);
    passBackOff(driver);
    expect(child.incarnation).toBe(2);
    const unread = child.mailbox.user.map((body) => "message" in body && body.message);
    expect(unread).toEqual(["unread", "told while it stops"]);
    expect(driver.facts("letter.dead")).toEqual([]);
  });

  it("takes up nothing that the failing frame asked for", () => {
    const { driver, children } = family([{ restart: "transient" }]);
    const callId = driver.callId(children[0]);
    const tool = { type: "tool", callId, tool: "t", input: null } as const;
    driver.frame(children[0], [tool, { type: "done", end: { status: "failed", error } }]);
    passBackOff(driver);
    expect(children[0].calls.size).toBe(0);
    expect(driver.kernel.find(children[0].path)?.closed).toBe(false);
  });
});

describe("a cancel during the back-off", () => {
  it("ends the agent at once, and nothing is started any more", () => {
    const { driver, children } = family([{ restart: "permanent" }]);
    fail(driver, children[0]);
    driver.cancel(children[0], "enough");
    expect(children[0].end).toMatchObject({ status: "cancelled", reason: "enough" });
    passBackOff(driver);
    expect(driver.facts("agent.restarted")).toEqual([]);
    expect(driver.facts("agent.started", children[0])).toHaveLength(1);
  });

  it("ends it as cancelled while its children are still being stopped", () => {
    const { driver, children } = family([{ restart: "permanent", lifetime: "session" }]);
    const below = driver.spawn(children[0]);
    fail(driver, children[0]);
    driver.cancel(children[0], "enough");
    driver.ended(below);
    expect(children[0].end).toMatchObject({ status: "cancelled", reason: "enough" });
    passBackOff(driver);
    expect(driver.facts("agent.restarted")).toEqual([]);
  });

  it("of one sibling does not keep the others from coming back", () => {
    const { driver, children } = family([{ restart: "transient" }, { restart: "transient" }], {
      strategy: "one-for-all",
    });
    fail(driver, children[0]);
    driver.cancel(children[1] as Node, "enough");
    driver.ended(children[1] as Node);
    passBackOff(driver);
    expect(children.map(({ incarnation }) => incarnation)).toEqual([2, 1]);
    expect(children[1]?.end).toMatchObject({ status: "cancelled", reason: "enough" });
  });
});

describe("an older grace", () => {
  it("does not kill the incarnation that came after it", () => {
    const { driver, children } = family([{ restart: "transient" }, { restart: "transient" }], {
      strategy: "one-for-all",
    });
    fail(driver, children[0]);
    driver.ended(children[1] as Node);
    passBackOff(driver);
    driver.tick(10_000);
    expect(driver.of("terminate")).toEqual([]);
    expect(children.map(({ end }) => end)).toEqual([undefined, undefined]);
  });
});

it("refuses a permanent agent in the foreground, whose result nobody would ever get", () => {
  const { driver, lead } = family([{}]);
  const spawn = () => driver.spawn(lead, { restart: "permanent" }, { call: "/a#1.1" });
  expect(codeThrown(spawn)).toBe("OPTIONS_INVALID");
  expect(lead.openChildren).toBe(1);
});
