import { describe, expect, it } from "vitest";
import type { Node } from "../../src/kernel/node.ts";
import type { Command } from "../../src/wire/frame.ts";
import { codeThrown, Driver, modelDone } from "./driver.ts";

const failed = { code: "MODEL_FAILED", message: "no", details: {} } as const;

function family(driver: Driver): [Node, Node, Node] {
  const lead = driver.spawn();
  const child = driver.spawn(lead);
  return [lead, child, driver.spawn(child)];
}

describe("a cancel", () => {
  it("closes all of the subtree before it signals any, and ends who is deepest first", () => {
    const driver = new Driver();
    const nodes = family(driver);
    const [lead, child, grandchild] = nodes;
    driver.cancel(lead, "enough");
    const phases = driver.effects.flatMap((effect) => {
      if (effect.type === "close" || effect.type === "abort") return [effect.type];
      return effect.type === "deliver" ? [effect.body.type] : [];
    });
    expect(phases).toEqual([...Array(3).fill("close"), ...Array(3).fill(["abort", "end"]).flat()]);
    for (const fact of ["requested", "closed", "signalled"]) {
      expect(driver.facts(`cancel.${fact}`), fact).toHaveLength(1);
    }
    driver.ended(lead);
    driver.ended(child);
    expect(nodes.map(({ end }) => end)).toEqual([undefined, undefined, undefined]);
    driver.ended(grandchild);
    const cancelled = { status: "cancelled", reason: "enough" };
    expect(nodes.map(({ end }) => end)).toEqual([cancelled, cancelled, cancelled]);
    expect(driver.of("ended").map(({ node }) => node.path)).toEqual(["/a/a/a", "/a/a", "/a"]);
  });

  it("refuses every spawn below it from then on", () => {
    const driver = new Driver();
    const [lead, child] = family(driver);
    driver.cancel(lead);
    expect(codeThrown(() => driver.spawn(lead))).toBe("AGENT_STOPPED");
    expect(codeThrown(() => driver.spawn(child))).toBe("AGENT_STOPPED");
  });

  it("takes up nothing that is asked for after it, and delivers nothing more", () => {
    const driver = new Driver();
    const node = driver.spawn();
    driver.cancel(node);
    driver.tool(node);
    driver.do((kernel) => kernel.permit(node, `${node.path}#1.1`, 1));
    expect(driver.of("request")).toEqual([]);
    expect(driver.bodies(node)).toMatchObject([{ type: "end", status: "cancelled" }]);
  });

  it("is not overwritten by a late completed or failed", () => {
    for (const end of [
      { status: "completed", output: "made it" },
      { status: "failed", error: failed },
    ] as const) {
      const driver = new Driver();
      const node = driver.spawn();
      driver.cancel(node, "enough");
      driver.frame(node, [{ type: "turn-end", output: "x" } as Command, { type: "done", end }]);
      expect(node.end).toMatchObject({ status: "cancelled", reason: "enough" });
    }
  });

  it("keeps the partial output that the host kept", () => {
    const driver = new Driver();
    const node = driver.spawn();
    driver.cancel(node);
    driver.frame(node, [{ type: "done", end: { status: "ended", partial: "half" } }]);
    expect(node.end).toMatchObject({ status: "cancelled", partial: "half" });
  });

  it("before the start ends at once: queued, or not yet placed", () => {
    const driver = new Driver({ concurrency: 1 });
    driver.places = false;
    const placing = driver.spawn();
    const queued = driver.spawn();
    for (const node of [queued, placing]) {
      driver.cancel(node, "never mind");
      expect(node.end).toEqual({ status: "cancelled", reason: "never mind" });
    }
    expect(driver.facts("agent.started")).toEqual([]);
    expect(driver.root).toMatchObject({ atWork: 0, queuedBelow: 0, openChildren: 0 });
  });

  it("in the step of the spawn ends it at once, and it is never placed", () => {
    const driver = new Driver();
    const lead = driver.spawn();
    const node = driver.do((kernel) => {
      const spawned = kernel.spawn(lead, { ...lead.childSpec, name: "short" });
      kernel.end(spawned, { status: "cancelled", reason: "at once" });
      return spawned;
    });
    expect(node.end).toEqual({ status: "cancelled", reason: "at once" });
    expect(node.host).toBeUndefined();
  });

  it("keeps its first cause", () => {
    const driver = new Driver();
    const node = driver.spawn();
    driver.cancel(node, "first");
    driver.cancel(node, "second");
    driver.do((kernel) => kernel.exhaust(node, "tokens", "none left"));
    driver.ended(node);
    expect(node.end).toEqual({ status: "cancelled", reason: "first" });
  });

  it("of one that has ended changes and tells nothing", () => {
    const driver = new Driver();
    const node = driver.spawn();
    driver.complete(node);
    const before = driver.effects.length;
    driver.cancel(node);
    expect(driver.effects.length).toBe(before);
    expect(node.end).toMatchObject({ status: "completed" });
  });

  it("kills after the grace: the host is terminated, and its end is what ends the agent", () => {
    const driver = new Driver({}, 1_000);
    const node = driver.spawn();
    const neighbour = driver.spawn();
    driver.cancel(node, "enough");
    driver.tick(999);
    expect(driver.of("terminate")).toEqual([]);
    driver.tick(1_000);
    expect(driver.of("terminate")).toMatchObject([{ host: "h1" }]);
    expect(driver.facts("cancel.killed").map(({ path }) => path)).toEqual([node.path]);
    expect(node.end).toBeUndefined();
    driver.host = "h2";
    driver.do((kernel) => kernel.loseHost("h1", { reason: "terminating" }));
    expect(node.end).toEqual({ status: "killed", reason: "enough" });
    expect([neighbour.end, neighbour.host]).toEqual([undefined, "h2"]);
  });

  it("of one that answered in its grace kills nobody", () => {
    const driver = new Driver({}, 1_000);
    const node = driver.spawn();
    driver.cancel(node);
    driver.ended(node);
    driver.tick(5_000);
    expect(driver.of("terminate")).toEqual([]);
  });

  it("makes dead letters of the messages that wait", () => {
    const driver = new Driver();
    const node = driver.spawn();
    driver.do((kernel) => kernel.tell(node, "/", "unread"));
    driver.cancel(node);
    expect(driver.facts("letter.dead")).toMatchObject([{ path: node.path, message: "unread" }]);
    expect(driver.do((kernel) => kernel.tell(node, "/", "too late"))).toBe(false);
    expect(driver.kernel.tree.deadLetters).toBe(2);
  });
});

describe("the end of a parent", () => {
  it("cancels its children with `parent-ended`, and is told after the last of them", () => {
    const driver = new Driver();
    const [lead, child, grandchild] = family(driver);
    driver.complete(lead, "mine");
    expect([lead.end, lead.status, child.closed]).toEqual([undefined, "stopping", true]);
    expect(codeThrown(() => driver.spawn(lead))).toBe("AGENT_STOPPED");
    driver.ended(child);
    driver.ended(grandchild);
    expect(child.end).toEqual({ status: "cancelled", reason: "parent-ended" });
    expect(lead.end).toEqual({ status: "completed", output: "mine" });
  });

  it("stays what it was when a cancel comes while its children end", () => {
    const driver = new Driver();
    const [lead, child, grandchild] = family(driver);
    driver.complete(lead, "mine");
    driver.cancel(lead);
    driver.ended(grandchild);
    driver.ended(child);
    expect(lead.end).toEqual({ status: "completed", output: "mine" });
  });

  it("by time or budget cancels its children, which did not run out themselves", () => {
    const driver = new Driver();
    const [lead, child] = family(driver);
    driver.do((kernel) => kernel.exhaust(lead, "usd", "none left"));
    expect(lead.ending).toMatchObject({ status: "exhausted", unit: "usd" });
    expect(child.ending).toEqual({ status: "cancelled", reason: "parent-ended" });
  });
});

describe("the end of a child", () => {
  it("is the call's result in the foreground, an error with what was kept", () => {
    for (const [end, expected] of [
      [
        { status: "completed", output: 7 },
        { isError: false, value: 7 },
      ],
      [
        { status: "failed", error: failed, partial: "half" },
        { isError: true, error: { code: "MODEL_FAILED" }, partial: "half" },
      ],
    ] as const) {
      const driver = new Driver();
      const lead = driver.spawn();
      const command = { type: "spawn", agent: "a", input: null, background: false } as const;
      const callId = driver.ask(lead, command);
      const child = driver.spawn(lead, {}, { call: callId });
      driver.do((kernel) => kernel.idleCall(lead, callId));
      driver.frame(child, [{ type: "done", end }]);
      expect(driver.bodies(lead)).toMatchObject([{ type: "result", callId, result: expected }]);
      expect(lead.end).toBeUndefined();
    }
  });

  it.each([
    [
      "exhausted",
      (driver: Driver, node: Node) => driver.do((kernel) => kernel.exhaust(node, "tokens", "none")),
      "BUDGET_EXCEEDED",
    ],
    ["cancelled", (driver: Driver, node: Node) => driver.cancel(node), "CANCELLED"],
  ] as const)("that is %s is an error for the call", (status, end, code) => {
    const driver = new Driver();
    const lead = driver.spawn();
    const command = { type: "spawn", agent: "a", input: null, background: false } as const;
    const callId = driver.ask(lead, command);
    const child = driver.spawn(lead, {}, { call: callId });
    driver.do((kernel) => kernel.idleCall(lead, callId));
    end(driver, child);
    driver.ended(child);
    const details = { status };
    expect(driver.bodies(lead)).toMatchObject([
      { result: { isError: true, error: { code, details } } },
    ]);
  });

  it("is a message in the background, which the loop takes when its turn has ended", () => {
    const driver = new Driver();
    const lead = driver.spawn();
    const callId = driver.think(lead);
    driver.complete(driver.spawn(lead), "found");
    expect(driver.bodies(lead)).toHaveLength(1);
    driver.endTurn(lead, callId);
    expect(driver.bodies(lead).at(-1)).toMatchObject({
      type: "child",
      outcome: { status: "completed", output: "found" },
    });
    expect(lead.end).toBeUndefined();
  });
});

describe("a task", () => {
  it("completes at a turn without calls", () => {
    const driver = new Driver();
    const node = driver.spawn();
    driver.endTurn(node, driver.think(node), "all done");
    expect(node.end).toEqual({ status: "completed", output: "all done" });
    expect(driver.of("drop")).toMatchObject([{ host: "h1" }]);
  });

  it("goes on while a message waits or a background child lives", () => {
    const driver = new Driver();
    const node = driver.spawn();
    const child = driver.spawn(node);
    driver.endTurn(node, driver.think(node));
    expect([node.end, node.status]).toEqual([undefined, "waiting"]);
    driver.complete(child);
    expect(node.end).toBeUndefined();
    const callId = driver.think(node);
    driver.do((kernel) => kernel.tell(node, "/", "wait"));
    driver.endTurn(node, callId);
    expect(node.end).toBeUndefined();
    driver.endTurn(node, driver.think(node), "at last");
    expect(node.end).toEqual({ status: "completed", output: "at last" });
  });

  it("that is a session never completes by itself", () => {
    const driver = new Driver();
    const node = driver.spawn(driver.root, { lifetime: "session" });
    driver.endTurn(node, driver.think(node));
    driver.frame(node);
    expect([node.end, node.slot]).toEqual([undefined, false]);
  });

  it("that fails is failed, with what its host kept", () => {
    const driver = new Driver();
    const node = driver.spawn();
    const done = { type: "done", end: { status: "failed", error: failed, partial: 1 } } as const;
    driver.frame(node, [modelDone(driver.think(node)), done]);
    expect(node.end).toEqual({ status: "failed", error: failed, partial: 1 });
  });

  it("whose host gives it up unasked has lost it", () => {
    const driver = new Driver();
    const node = driver.spawn();
    driver.ended(node);
    expect(node.end).toMatchObject({ status: "failed", error: { code: "HOST_LOST" } });
  });
});

describe("agents that do not hear the order to end", () => {
  it.each([
    ["nobody is known to run", [], ["killed", "killed"]],
    ["one of them runs", ["/a"], ["killed", "cancelled"]],
    ["somebody else runs", ["/other"], ["cancelled", "cancelled"]],
  ] as const)("are killed but for whom another kept from hearing it: %s", (_who, paths, ends) => {
    const driver = new Driver();
    const lead = driver.spawn(driver.root, { lifetime: "session" });
    const child = driver.spawn(lead, { name: "b", lifetime: "session" });
    driver.running = paths.map((path) => ({ path, incarnation: 1 }));
    driver.cancel(lead);
    driver.tick(5_000);
    driver.do((kernel) => kernel.loseHost("h1", { reason: "an agent there outlived its grace" }));
    expect([lead, child].map(({ end }) => end?.status)).toEqual(ends);
    expect(driver.facts("cancel.killed")).toHaveLength(ends.filter((e) => e === "killed").length);
  });

  it("and whoever kept them from it is, also where its own grace is younger", () => {
    const driver = new Driver();
    const [first, second] = [1, 2].map(() => driver.spawn(driver.root, { lifetime: "session" }));
    if (first === undefined || second === undefined) throw new Error("two were spawned");
    driver.running = [{ path: second.path, incarnation: 1 }];
    driver.cancel(first);
    driver.tick(100);
    driver.cancel(second);
    driver.tick(5_000);
    driver.do((kernel) => kernel.loseHost("h1", { reason: "an agent there outlived its grace" }));
    expect([first, second].map(({ end }) => end?.status)).toEqual(["cancelled", "killed"]);
  });
});
