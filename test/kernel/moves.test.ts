import { describe, expect, it } from "vitest";
import { MAX_MOVES } from "../../src/kernel/limits.ts";
import { Driver } from "./driver.ts";

function lose(driver: Driver): void {
  const lost = driver.host;
  driver.host = `${lost}+`;
  driver.do((kernel) => kernel.loseHost(lost, { reason: "it died" }));
}

describe("after the loss of a host", () => {
  it("an agent goes on elsewhere from its last committed frame", () => {
    const driver = new Driver();
    const node = driver.spawn();
    driver.frame(node, [], { state: { at: 1 } });
    lose(driver);
    expect(node.host).toBe("h1+");
    expect(driver.of("place")).toMatchObject([{ moved: false }, { moved: true }]);
    expect(node.state).toEqual({ at: 1 });
  });

  it("what no frame covered is delivered again, once, in order, numbered on", () => {
    const driver = new Driver();
    const node = driver.spawn(driver.root, { loop: false });
    const tell = (message: string) => driver.do((kernel) => kernel.tell(node, "/", message));
    tell("one");
    driver.frame(node);
    tell("two");
    tell("three");
    lose(driver);
    const sent = (driver.delivered.get(node) ?? []).map(({ host, n, body }) => [
      host,
      n,
      body.type === "message" && body.message,
    ]);
    expect(sent).toEqual([
      ["h1", 1, "one"],
      ["h1", 2, "two"],
      ["h1", 3, "three"],
      ["h1+", 2, "two"],
      ["h1+", 3, "three"],
    ]);
    driver.frame(node);
    lose(driver);
    expect(driver.delivered.get(node)).toHaveLength(5);
  });

  it("a pending tool call stays pending and is not asked for again", () => {
    const driver = new Driver();
    const node = driver.spawn();
    const callId = driver.tool(node);
    lose(driver);
    expect(driver.of("request")).toHaveLength(1);
    driver.settle(node, callId);
    expect(driver.delivered.get(node)).toMatchObject([{ host: "h1+", n: 1, body: { callId } }]);
  });

  it("a streaming model call is told as lost and asked for again, as the same turn", () => {
    const driver = new Driver();
    const node = driver.spawn();
    const callId = driver.think(node);
    expect(driver.bodies(node)).toMatchObject([{ type: "permit", attempt: 1, turn: 0 }]);
    lose(driver);
    expect(driver.of("model-lost")).toMatchObject([{ callId }]);
    expect(driver.of("model")).toMatchObject([{ call: {} }, { call: { attempt: 2 } }]);
    expect(driver.bodies(node)).toHaveLength(1);
    driver.do((kernel) => kernel.permit(node, callId, 100));
    expect(driver.bodies(node).at(-1)).toMatchObject({ callId, attempt: 2, turn: 0 });
    expect(driver.kernel.turnsLeft(node)).toBe(31);
  });

  it("a permit that waits for a slot is not lost, because no stream began", () => {
    const driver = new Driver({ concurrency: 1 });
    const node = driver.spawn();
    const callId = driver.callId(node);
    driver.frame(node, [{ type: "model", callId, after: "now", inputTokens: 1 }]);
    driver.do((kernel) => kernel.idleCall(node, callId));
    const worker = driver.spawn();
    driver.do((kernel) => kernel.permit(node, callId, 100));
    expect(driver.bodies(node)).toEqual([]);
    driver.do((kernel) => kernel.loseHost("h1", { reason: "it died" }));
    expect(driver.of("model-lost")).toEqual([]);
    driver.complete(worker);
    expect(driver.bodies(node)).toMatchObject([{ type: "permit", callId, turn: 0 }]);
  });

  it("a job is asked for again as the same turn, and has failed after too many hosts", () => {
    const driver = new Driver();
    const node = driver.spawn(driver.root, { loop: false });
    const job = { messages: [] };
    const callId = driver.ask(node, { type: "model", after: "now", inputTokens: 1, job });
    for (let lost = 0; lost <= MAX_MOVES; lost += 1) {
      expect(node.calls.has(callId)).toBe(true);
      node.turns += 1;
      driver.do((kernel) => kernel.retryModel(node, callId));
    }
    expect(driver.of("model")).toHaveLength(MAX_MOVES + 1);
    expect(node.turns).toBe(1);
    expect(driver.bodies(node)).toMatchObject([
      { callId, result: { isError: true, error: { code: "HOST_LOST" } } },
    ]);
  });

  it("the loop's messages that it had taken are told again", () => {
    const driver = new Driver();
    const node = driver.spawn(driver.root, { lifetime: "session" });
    driver.endTurn(node, driver.think(node));
    driver.do((kernel) => kernel.tell(node, "/", "again"));
    lose(driver);
    const messages = (driver.delivered.get(node) ?? []).filter(
      ({ body }) => body.type === "message",
    );
    expect(messages.map(({ host }) => host)).toEqual(["h1", "h1+"]);
  });

  it(`an agent is moved ${MAX_MOVES} times and then held to be the cause`, () => {
    const driver = new Driver();
    const node = driver.spawn();
    for (let move = 0; move < MAX_MOVES; move += 1) lose(driver);
    expect(node.end).toBeUndefined();
    lose(driver);
    expect(node.end).toMatchObject({ status: "failed", error: { code: "HOST_LOST" } });
  });

  it("who was told to end is gone with it, for the cause it was told", () => {
    const driver = new Driver();
    const node = driver.spawn();
    const callId = driver.think(node);
    driver.cancel(node, "enough");
    lose(driver);
    expect(node.end).toEqual({ status: "cancelled", reason: "enough" });
    expect(driver.of("model-lost")).toMatchObject([{ callId }]);
  });

  it("who is cancelled before it has a new place ends at once", () => {
    const driver = new Driver();
    const node = driver.spawn();
    driver.places = false;
    lose(driver);
    driver.cancel(node);
    expect(node.end).toMatchObject({ status: "cancelled" });
  });

  it("others on other hosts stay where they are", () => {
    const driver = new Driver();
    driver.host = "h0";
    const node = driver.spawn();
    driver.host = "h1";
    driver.spawn();
    lose(driver);
    expect(node.host).toBe("h0");
    expect(node.moves).toBe(0);
  });

  it("the frames of the agent's new host count, those of the old do not", () => {
    const driver = new Driver();
    const node = driver.spawn();
    lose(driver);
    driver.frame(node, [], { host: "h1", state: { forged: true } });
    expect(node.state).toBeUndefined();
    driver.frame(node, [], { state: { moved: true } });
    expect(node.state).toEqual({ moved: true });
  });
});
