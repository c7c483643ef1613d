import { describe, expect, it } from "vitest";
import type { Node } from "../../src/kernel/node.ts";
import { Driver } from "./driver.ts";

const error = { code: "MODEL_FAILED", message: "no", details: {} } as const;
const intensity = { maxRestarts: 3, withinMs: 60_000, backoffMs: 100, maxBackoffMs: 100 };

/** A session whose mailbox is full of what it has in hand, and two who wait for room in it. */
function full() {
  const driver = new Driver();
  const node = driver.spawn(driver.root, {
    ...{ loop: false, lifetime: "session", restart: "transient", intensity },
    limits: { mailbox: 1 },
  });
  driver.frame(node);
  // It takes its time to end, and so does its parent with it.
  driver.frame(driver.spawn(node, { name: "child" }));
  driver.do((kernel) => kernel.tell(node, "/", "one"));
  for (const waiter of ["first", "second"]) driver.do((kernel) => kernel.awaitRoom(node, waiter));
  return { driver, node };
}

const woken = (driver: Driver) => driver.of("answer").map(({ askId }) => askId);

const crashes: Readonly<Record<string, (driver: Driver, node: Node) => void>> = {
  "fails over it": (driver, node) =>
    driver.frame(node, [{ type: "done", end: { status: "failed", error } }]),
  "freezes over it": (driver, node) => {
    const { host, path, incarnation, mailbox } = node;
    const running = [{ path, incarnation, n: mailbox.last }];
    driver.do((kernel) =>
      kernel.loseHost(host as string, { reason: "froze", blame: { cause: "froze", running } }),
    );
  },
};

describe("room in the mailbox of an agent that comes back", () => {
  it.each(Object.keys(crashes))("is offered at once when it %s", (crash) => {
    const { driver, node } = full();
    expect(woken(driver)).toEqual([]);
    crashes[crash]?.(driver, node);
    expect(node.group).toBeDefined();
    expect(woken(driver)).toEqual(["first"]);
    expect(driver.do((kernel) => kernel.tell(node, "/", "two"))).toBe(true);
    expect(driver.of("answer-failed")).toEqual([]);
  });

  it.each(Object.keys(crashes))("is offered to nobody when it %s for good", (crash) => {
    const { driver, node } = full();
    node.childSpec = { ...node.childSpec, restart: "temporary" };
    crashes[crash]?.(driver, node);
    expect(woken(driver)).toEqual([]);
    expect(driver.of("answer-failed").map(({ askId }) => askId)).toEqual(["first", "second"]);
  });
});
