import { describe, expect, it } from "vitest";
import type { Node } from "../../src/kernel/node.ts";
import { Driver } from "./driver.ts";

describe("an ask", () => {
  const ask = (driver: Driver, node: Node, deadline = 100) =>
    driver.do((kernel) => kernel.ask(node, "/", "well?", "ask-1", deadline));
  const reply = { type: "reply", askId: "ask-1", value: "so" } as const;

  it("is answered once; a second answer is a dead letter", () => {
    const driver = new Driver();
    const node = driver.spawn(driver.root, { loop: false });
    expect(ask(driver, node)).toBe(true);
    driver.frame(node, [reply]);
    expect(driver.of("answer")).toMatchObject([{ askId: "ask-1", value: "so" }]);
    driver.frame(node, [reply]);
    expect(driver.of("answer")).toHaveLength(1);
    expect(driver.facts("letter.dead")).toHaveLength(1);
    driver.tick(100);
    expect(driver.of("ask-timed-out")).toEqual([]);
  });

  it("times out, and the late answer is a dead letter", () => {
    const driver = new Driver();
    const node = driver.spawn(driver.root, { loop: false });
    ask(driver, node);
    driver.tick(99);
    expect(driver.of("ask-timed-out")).toEqual([]);
    driver.tick(100);
    expect(driver.of("ask-timed-out")).toMatchObject([{ askId: "ask-1", path: node.path }]);
    driver.frame(node, [reply]);
    expect(driver.of("answer")).toEqual([]);
    expect(driver.facts("letter.dead")).toHaveLength(1);
  });

  it("fails when the agent ends first", () => {
    const driver = new Driver();
    const node = driver.spawn(driver.root, { loop: false });
    ask(driver, node);
    driver.complete(node);
    expect(driver.of("answer-failed")).toMatchObject([{ error: { code: "AGENT_STOPPED" } }]);
    driver.tick(100);
    expect(driver.of("ask-timed-out")).toEqual([]);
  });

  it("is answered by nobody but the one asked", () => {
    const driver = new Driver();
    const [node, other] = [driver.spawn(), driver.spawn()];
    ask(driver, node);
    driver.frame(other, [reply]);
    expect(driver.of("answer")).toEqual([]);
    expect(driver.kernel.tree.asks.size).toBe(1);
  });

  it("begins a turn of its own for the loop, and what came after it waits behind it", () => {
    const driver = new Driver();
    const node = driver.spawn(driver.root, { lifetime: "session" });
    const callId = driver.think(node);
    driver.do((kernel) => kernel.tell(node, "/", "before"));
    ask(driver, node);
    driver.do((kernel) => kernel.tell(node, "/", "after"));
    driver.endTurn(node, callId);
    const messages = () =>
      driver.bodies(node).flatMap((body) => (body.type === "message" ? [body.message] : []));
    expect(messages()).toEqual(["before"]);
    driver.endTurn(node, driver.think(node));
    expect(messages()).toEqual(["before", "well?"]);
    driver.endTurn(node, driver.think(node));
    expect(messages()).toEqual(["before", "well?", "after"]);
  });
});

describe("a message", () => {
  it("reaches the loop at the end of its turn or right before its next model call", () => {
    const driver = new Driver();
    const node = driver.spawn();
    driver.frame(node);
    const callId = driver.tool(node);
    driver.do((kernel) => kernel.tell(node, "/", "steer"));
    expect(driver.bodies(node)).toEqual([]);
    driver.settle(node, callId);
    driver.think(node, "results");
    expect(driver.bodies(node).map(({ type }) => type)).toEqual(["result", "message", "permit"]);
  });

  it("reaches a machine at once", () => {
    const driver = new Driver();
    const node = driver.spawn(driver.root, { loop: false });
    driver.tool(node);
    driver.do((kernel) => kernel.tell(node, "/", "now"));
    expect(driver.bodies(node)).toMatchObject([{ type: "message", message: "now" }]);
  });

  it("to the supervisor itself is a dead letter", () => {
    const driver = new Driver();
    expect(driver.do((kernel) => kernel.tell(driver.root, "/a", "hi"))).toBe(false);
    expect(driver.facts("letter.dead")).toHaveLength(1);
  });
});

describe("the model call behind results", () => {
  it("is asked for when the last call of the turn has its result, which comes first", () => {
    const driver = new Driver();
    const node = driver.spawn();
    const [one, two, model] = [1, 2, 3].map(() => driver.callId(node)) as [string, string, string];
    driver.frame(node, [
      { type: "tool", callId: one, tool: "t", input: null },
      { type: "tool", callId: two, tool: "t", input: null },
      { type: "model", callId: model, after: "results", inputTokens: 1 },
    ]);
    driver.settle(node, two);
    expect(driver.of("model")).toEqual([]);
    driver.settle(node, one);
    expect(driver.of("model")).toHaveLength(1);
    driver.do((kernel) => kernel.permit(node, model, 1));
    const types = driver.bodies(node).map(({ type }) => type);
    expect(types).toEqual(["result", "result", "permit"]);
  });
});

describe("a wait", () => {
  const wait = (driver: Driver, lead: Node, names?: readonly string[]) =>
    driver.ask(lead, { type: "wait", ...(names === undefined ? {} : { names }) });

  it("for all reports those who live, in order, when the last has ended", () => {
    const driver = new Driver();
    const lead = driver.spawn();
    driver.complete(driver.spawn(lead), "gone before");
    const [first, second] = [driver.spawn(lead), driver.spawn(lead)];
    const callId = wait(driver, lead);
    expect(lead.slot).toBe(false);
    driver.complete(second, 2);
    expect(results(driver, lead)).toEqual([]);
    driver.complete(first, 1);
    const value = [
      { name: "a-2", status: "completed", output: 1 },
      { name: "a-3", status: "completed", output: 2 },
    ];
    expect(results(driver, lead)).toMatchObject([{ callId, result: { isError: false, value } }]);
  });

  it("tells those it reported on no second time", () => {
    const driver = new Driver();
    const lead = driver.spawn(driver.root, { loop: false });
    const child = driver.spawn(lead);
    wait(driver, lead);
    driver.complete(child);
    expect(driver.bodies(lead).map(({ type }) => type)).toEqual(["result"]);
  });

  it("for nobody is over at once, and for a name that is not there is AGENT_UNKNOWN", () => {
    const driver = new Driver();
    const lead = driver.spawn();
    wait(driver, lead);
    wait(driver, lead, ["nobody"]);
    expect(results(driver, lead)).toMatchObject([
      { result: { isError: false, value: [] } },
      { result: { isError: true, error: { code: "AGENT_UNKNOWN" } } },
    ]);
  });

  it("by name reports also who has ended, and who is a call's own child", () => {
    const driver = new Driver();
    const lead = driver.spawn();
    driver.complete(driver.spawn(lead), "before");
    const command = { type: "spawn", agent: "a", input: null, background: false } as const;
    const call = driver.ask(lead, command);
    const own = driver.spawn(lead, {}, { call });
    driver.do((kernel) => kernel.idleCall(lead, call));
    const callId = wait(driver, lead, ["a", "a-2"]);
    driver.complete(own, "now");
    const value = [{ output: "before" }, { output: "now" }];
    expect(results(driver, lead)).toMatchObject(
      expect.arrayContaining([expect.objectContaining({ callId })]),
    );
    expect(results(driver, lead).find((body) => body.callId === callId)).toMatchObject({
      result: { value },
    });
  });

  function results(driver: Driver, node: Node) {
    return driver.bodies(node).filter((body) => body.type === "result");
  }
});
