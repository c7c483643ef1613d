import { describe, expect, it } from "vitest";
import type { ChildSpec, Node } from "../../src/kernel/node.ts";
import type { Strategy } from "../../src/wire/spec.ts";
import { Driver } from "./driver.ts";

const error = { code: "MODEL_FAILED", message: "no", details: {} } as const;
const intensity = { maxRestarts: 3, withinMs: 60_000, backoffMs: 100, maxBackoffMs: 100 };

/** A session and its children, all of which have come up; transient ones where nothing is said. */
function family(strategy: Strategy, childSpecs: readonly Partial<ChildSpec>[] = [{}, {}, {}]) {
  const driver = new Driver();
  const lead = driver.spawn(driver.root, { lifetime: "session", intensity, strategy });
  const children = childSpecs.map((childSpec, at) =>
    driver.spawn(lead, { name: `c${at}`, restart: "transient", ...childSpec }),
  );
  for (const child of children) driver.frame(child);
  return { driver, lead, children: children as [Node, Node, Node] };
}

function fail(driver: Driver, node: Node, atStart?: true): void {
  const end = { status: "failed", error, ...(atStart && { atStart }) } as const;
  driver.frame(node, [{ type: "done", end }]);
}

/** Fails one, has the others that are told to end do so, and lets the back-off pass. */
function failAndWait(driver: Driver, node: Node, children: readonly Node[]): void {
  fail(driver, node);
  for (const at of children) if (at.ending && at.finished === undefined) driver.ended(at);
  driver.tick(driver.now + 100);
}

const placed = (driver: Driver) =>
  driver.facts("agent.restarted").map(({ path }) => path.split("/").at(-1));

describe("a group that comes back", () => {
  it("starts each when the one before it has come up", () => {
    const { driver, children } = family("one-for-all");
    failAndWait(driver, children[1], children);
    expect(placed(driver)).toEqual(["c0"]);
    driver.frame(children[0], [], { arriving: true, busy: true });
    expect(placed(driver)).toEqual(["c0"]);
    driver.frame(children[0]);
    expect(placed(driver)).toEqual(["c0", "c1"]);
    driver.frame(children[1]);
    expect(placed(driver)).toEqual(["c0", "c1", "c2"]);
    driver.frame(children[2]);
    expect(children.every(({ group, comingBack }) => !group && !comingBack)).toBe(true);
  });

  it.each<[string, (driver: Driver, node: Node) => void]>([
    [
      "is cancelled",
      (driver, node) => {
        driver.cancel(node);
        driver.ended(node);
      },
    ],
    ["completes", (driver, node) => driver.complete(node)],
    [
      "is cancelled before it has a host",
      (driver, node) => {
        driver.do((kernel) => kernel.tree.locations.leave(node));
        driver.cancel(node);
      },
    ],
  ])("goes on when one that starts %s", (_way, end) => {
    const { driver, children } = family("one-for-all");
    failAndWait(driver, children[1], children);
    end(driver, children[0]);
    expect(placed(driver)).toEqual(["c0", "c1"]);
    driver.comeBack();
    expect(placed(driver)).toEqual(["c0", "c1", "c2"]);
  });

  it("is stopped and begins again when one of it fails as it starts, and counts that", () => {
    const { driver, children } = family("one-for-all");
    failAndWait(driver, children[1], children);
    driver.frame(children[0]);
    fail(driver, children[1], true);
    driver.ended(children[0]);
    driver.tick(driver.now + 200);
    driver.comeBack();
    expect(children.map(({ incarnation }) => incarnation)).toEqual([3, 3, 2]);
    expect(placed(driver)).toEqual(["c0", "c1", "c0", "c1", "c2"]);
    expect(driver.facts("agent.restarted").at(-1)).toMatchObject({ restarts: 2 });
  });

  it.each(["one-for-all", "rest-for-one"] as const)("leaves down whom its owner ends: %s", (by) => {
    const { driver, children } = family(by);
    const [first, second, third] = children;
    fail(driver, first);
    // Still stopping, and then while it waits for its turn.
    driver.cancel(third, "not needed");
    for (const at of [second, third]) driver.ended(at);
    driver.tick(driver.now + 100);
    driver.cancel(second, "nor this");
    driver.comeBack();
    expect(placed(driver)).toEqual(["c0"]);
    expect([second.end, third.end]).toMatchObject([
      { status: "cancelled", reason: "nor this" },
      { status: "cancelled", reason: "not needed" },
    ]);
  });

  it("waits with one that is paused", () => {
    const { driver, children } = family("one-for-all");
    driver.do((kernel) => kernel.pause(children[0]));
    failAndWait(driver, children[0], children);
    driver.comeBack();
    expect([placed(driver), children[0].status]).toEqual([["c0"], "queued"]);
    driver.do((kernel) => kernel.resumePaused(children[0]));
    driver.comeBack();
    expect(placed(driver)).toEqual(["c0", "c1", "c2"]);
  });
});

describe("a child that never came up", () => {
  it.each(["one-for-one", "one-for-all", "rest-for-one"] as const)("is no crash: %s", (by) => {
    const { driver, lead, children } = family(by);
    const callId = driver.callId(lead);
    const command = {
      type: "spawn",
      callId,
      agent: "bad",
      input: null,
      background: false,
    } as const;
    driver.frame(lead, [command]);
    const bad = driver.spawn(lead, { name: "bad", restart: "transient" }, { call: callId });
    fail(driver, bad, true);
    expect(bad.end).toMatchObject({ status: "failed", error });
    expect(bad.end).not.toHaveProperty("atStart");
    expect(driver.bodies(lead)).toMatchObject([
      { type: "result", callId, result: { isError: true, error } },
    ]);
    expect(children.map(({ ending, group }) => ending ?? group)).toEqual([
      undefined,
      undefined,
      undefined,
    ]);
    expect(lead.childRestarts).toBeUndefined();
  });

  it("is one that froze its host before its first word, too", () => {
    const { driver, lead } = family("one-for-all");
    const bad = driver.spawn(lead, { name: "bad", restart: "permanent" });
    driver.do((kernel) => kernel.tree.locations.settle(bad, "h2"));
    const running = [{ path: bad.path, incarnation: 1 }];
    driver.do((kernel) =>
      kernel.loseHost("h2", { reason: "froze", blame: { cause: "froze", running } }),
    );
    expect(bad.end).toMatchObject({ status: "killed" });
    expect(lead.childRestarts).toBeUndefined();
  });

  it("is none that has come up before, whatever it says", () => {
    const { driver, children } = family("one-for-one");
    fail(driver, children[0], true);
    driver.tick(100);
    expect(children[0].incarnation).toBe(2);
  });
});
