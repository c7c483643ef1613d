import { expect, it } from "vitest";
import { Driver, modelDone } from "./driver.ts";

it("asks again for a stream that was lost during a pause, once the agent goes on", () => {
  const driver = new Driver();
  const node = driver.spawn();
  driver.think(node);
  driver.do((kernel) => kernel.pause(node));
  driver.do((kernel) => kernel.loseHost("h1", { reason: "gone" }));
  expect(driver.of("model")).toHaveLength(1);
  driver.do((kernel) => kernel.resumePaused(node));
  expect(driver.of("model")).toHaveLength(2);
  expect(node.waitingRequests).toEqual([]);
});

it("takes only a call that was permitted for a stream that its host may have begun", () => {
  const driver = new Driver();
  const node = driver.spawn();
  const callId = driver.callId(node);
  driver.frame(node, [{ type: "model", callId, after: "now", inputTokens: 1 }]);
  driver.do((kernel) => kernel.exhaust(node, "tokens", "used up"));
  driver.do((kernel) => kernel.loseHost("h1", { reason: "gone" }));
  expect(node.end).toMatchObject({ status: "exhausted" });
  expect(driver.of("model-lost")).toEqual([]);
});

/** A loop with a permit that waits for the end of a pause. */
function pausedPermit() {
  const driver = new Driver();
  const node = driver.spawn(driver.root, { restart: "transient" });
  const callId = driver.callId(node);
  driver.frame(node, [{ type: "model", callId, after: "now", inputTokens: 1 }]);
  driver.do((kernel) => kernel.idleCall(node, callId));
  driver.do((kernel) => kernel.pause(node));
  driver.do((kernel) => kernel.permit(node, callId, 100));
  expect(node.mailbox.system).toMatchObject([{ type: "permit" }]);
  return { driver, node, callId };
}

it("gives a permit that never arrived back when its agent is cancelled", () => {
  const { driver, node, callId } = pausedPermit();
  driver.cancel(node);
  expect(driver.of("model-lost")).toMatchObject([{ callId, began: false }]);
  expect(node.turns).toBe(0);
});

it("gives it back when its agent is killed for its host, and restarted", () => {
  const { driver, node, callId } = pausedPermit();
  const running = [{ path: node.path, incarnation: 1 }];
  driver.do((kernel) =>
    kernel.loseHost("h1", { reason: "froze", blame: { cause: "froze", running } }),
  );
  expect(driver.of("model-lost")).toMatchObject([{ callId, began: false }]);
  expect(node.incarnation).toBe(2);
});

it("settles a stream that its agent took along, once", () => {
  const driver = new Driver();
  const node = driver.spawn();
  const callId = driver.think(node);
  const running = [{ path: node.path, incarnation: 1 }];
  driver.do((kernel) =>
    kernel.loseHost("h1", { reason: "froze", blame: { cause: "froze", running } }),
  );
  expect(driver.of("model-lost")).toMatchObject([{ callId, began: true }]);
});

it.each([false, true])("takes mail between turns again after a restart (sent: %s)", (isSent) => {
  const driver = new Driver();
  const from = { restart: "transient", restartFrom: "snapshot", lifetime: "session" } as const;
  const node = driver.spawn(driver.root, from);
  driver.endTurn(node, driver.think(node));
  driver.frame(node, [], { state: { value: "waiting" } });
  const tell = () => driver.do((kernel) => kernel.tell(node, "/", "while away"));
  if (isSent) tell();
  const running = [{ path: node.path, incarnation: 1 }];
  driver.do((kernel) =>
    kernel.loseHost("h1", { reason: "exited", blame: { cause: "exited", running } }),
  );
  if (!isSent) tell();
  driver.delivered.clear();
  driver.tick(1_000);
  expect(driver.bodies(node).at(-1)).toMatchObject({ type: "message", message: "while away" });
});

it("asks for what was held, too, when it comes back from a snapshot", () => {
  const driver = new Driver();
  const from = { restart: "transient", restartFrom: "snapshot" } as const;
  const node = driver.spawn(driver.root, from);
  const thought = driver.think(node);
  driver.do((kernel) => kernel.pause(node));
  const callId = driver.callId(node);
  const tool = { type: "tool", callId, tool: "t", input: null } as const;
  driver.frame(node, [modelDone(thought), tool], { state: { value: "acting" } });
  expect(node.waitingRequests).toHaveLength(1);
  const running = [{ path: node.path, incarnation: 1 }];
  driver.do((kernel) =>
    kernel.loseHost("h1", { reason: "exited", blame: { cause: "exited", running } }),
  );
  driver.do((kernel) => kernel.resumePaused(node));
  driver.tick(1_000);
  expect(driver.of("request").map(({ command }) => "callId" in command && command.callId)).toEqual([
    callId,
  ]);
});

it("keeps what is about to be taken up, should its agent fail in that moment", () => {
  const driver = new Driver();
  const from = { restart: "transient", restartFrom: "snapshot" } as const;
  const node = driver.spawn(driver.root, from);
  driver.do((kernel) => kernel.pause(node));
  const callId = driver.callId(node);
  const model = { type: "model", callId, after: "now", inputTokens: 1 } as const;
  driver.frame(node, [model], { state: { value: "asking" } });
  driver.do((kernel) => {
    kernel.resumePaused(node);
    const error = { code: "MODEL_FAILED", message: "no", details: {} } as const;
    kernel.end(node, { status: "failed", reason: "no", error });
  });
  driver.ended(node);
  driver.tick(1_000);
  expect(driver.of("model").map(({ call }) => call.command.callId)).toEqual([callId]);
});
