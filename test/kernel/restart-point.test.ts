import { expect, it } from "vitest";
import type { ChildSpec, Node } from "../../src/kernel/node.ts";
import type { AgentEnd, Command } from "../../src/wire/frame.ts";
import { Driver } from "./driver.ts";

const error = { code: "MODEL_FAILED", message: "no", details: {} } as const;
const failed: AgentEnd = { status: "failed", error };
const intensity = { maxRestarts: 3, withinMs: 60_000, backoffMs: 100, maxBackoffMs: 100 };
const machine = { loop: false, restart: "transient", restartFrom: "snapshot" } as const;

/** A supervisor that stops all for one, and machines below it that go on from their snapshots. */
function family(count: number, more: Partial<ChildSpec> = {}) {
  const driver = new Driver();
  const strategy = "one-for-all";
  const lead = driver.spawn(driver.root, { lifetime: "session", intensity, strategy });
  const children = Array.from({ length: count }, (_, at) =>
    driver.spawn(lead, { ...machine, name: `c${at}`, ...more }),
  );
  return { driver, children: children as [Node, Node] };
}

function fail(driver: Driver, node: Node, upTo: number): void {
  driver.frame(node, [{ type: "done", end: failed }], { upTo, state: "broken" });
}

/** What the new incarnation was given: messages, and what became of calls and children. */
function given(driver: Driver, node: Node) {
  const before = driver.bodies(node).length;
  driver.tick(driver.now + 100);
  // Those that come back before it.
  if (node.group !== undefined) driver.comeBack();
  return driver.bodies(node).slice(before);
}

it("gives a result that was not taken in once more", () => {
  const { driver, children } = family(1);
  const [child] = children;
  const callId = driver.tool(child);
  driver.do((kernel) => kernel.tell(child, "/", "fatal"));
  driver.settle(child, callId, "worked");
  fail(driver, child, 1);
  expect(given(driver, child)).toMatchObject([{ callId, result: { value: "worked" } }]);
  expect(driver.facts("letter.dead")).toEqual([]);
});

it("gives a result that the same frame took in, but not the message that it failed on", () => {
  const { driver, children } = family(1);
  const [child] = children;
  const callId = driver.tool(child);
  driver.settle(child, callId, "worked");
  driver.do((kernel) => kernel.tell(child, "/", "fatal"));
  fail(driver, child, 2);
  expect(given(driver, child)).toMatchObject([{ callId, result: { value: "worked" } }]);
});

it("answers with an error the call whose result a machine failed on", () => {
  const { driver, children } = family(1);
  const [child] = children;
  const callId = driver.tool(child);
  driver.settle(child, callId, "fatal");
  fail(driver, child, 1);
  const result = { isError: true, error: { code: "CANCELLED" } };
  expect(given(driver, child)).toMatchObject([{ callId, result }]);
});

it("does the same where the machine was at a result when it froze", () => {
  const { driver, children } = family(1);
  const [child] = children;
  driver.do((kernel) => kernel.tree.locations.settle(child, "h2"));
  const [first, second] = [driver.tool(child), driver.tool(child)];
  driver.settle(child, first, "worked");
  driver.settle(child, second, "fatal");
  const running = [{ path: child.path, incarnation: 1, n: 2 }];
  driver.do((kernel) =>
    kernel.loseHost("h2", { reason: "froze", blame: { cause: "froze", running } }),
  );
  expect(given(driver, child)).toMatchObject([
    { callId: first, result: { value: "worked" } },
    { callId: second, result: { isError: true } },
  ]);
});

it("answers the call that was settled while its sibling's failure stopped the agent", () => {
  const { driver, children } = family(2);
  const [first, second] = children;
  const callId = driver.tool(second);
  fail(driver, first, 0);
  driver.settle(second, callId, "too late");
  driver.ended(second);
  const result = { isError: true, error: { code: "CANCELLED" } };
  expect(given(driver, second)).toMatchObject([{ callId, result }]);
});

it("goes back to before it was told to end, and reads again what it was sent since", () => {
  const { driver, children } = family(2);
  const [first, second] = children;
  driver.frame(second, [], { state: "at work", append: [] });
  driver.do((kernel) => kernel.tell(second, "/", "unread"));
  fail(driver, first, 0);
  driver.frame(second, [], { state: "cleaning up", upTo: 1 });
  driver.ended(second);
  expect(given(driver, second)).toMatchObject([{ message: "unread" }]);
  expect(second.state).toBe("at work");
});

it("tells it of the children that were stopped with it", () => {
  const { driver, children } = family(1);
  const [child] = children;
  const below = driver.spawn(child);
  fail(driver, child, 0);
  driver.ended(below);
  expect(given(driver, child)).toMatchObject([
    { type: "child", path: below.path, outcome: { status: "cancelled", reason: "parent-ended" } },
  ]);
});

it("fails the ask that it failed on, and not those that its snapshot knows", () => {
  const { driver, children } = family(1);
  const [child] = children;
  const ask = (askId: string) =>
    driver.do((kernel) => kernel.ask(child, "/", askId, askId, 60_000));
  ask("known");
  driver.frame(child, [], { state: "has one ask" });
  ask("fatal");
  ask("unread");
  fail(driver, child, 2);
  driver.tick(100);
  expect(driver.of("answer-failed").map(({ askId }) => askId)).toEqual(["fatal"]);
  const replies = ["known", "unread"].map((askId): Command => ({ type: "reply", askId, value: 1 }));
  driver.frame(child, replies);
  expect(driver.of("answer").map(({ askId }) => askId)).toEqual(["known", "unread"]);
});

it("gives the loop the results that its last frame took in before its model failed", () => {
  const { driver, children } = family(1, { loop: true });
  const [child] = children;
  const tool = driver.callId(child);
  const model = driver.callId(child);
  driver.frame(child, [
    { type: "tool", callId: tool, tool: "t", input: null },
    { type: "model", callId: model, after: "results", inputTokens: 1 },
  ]);
  driver.settle(child, tool, "worked");
  driver.do((kernel) => kernel.permit(child, model, 100));
  fail(driver, child, child.mailbox.last);
  expect(given(driver, child)).toMatchObject([{ callId: tool, result: { value: "worked" } }]);
  expect(driver.of("model").map(({ call }) => call.command.callId)).toEqual([model, model]);
});
