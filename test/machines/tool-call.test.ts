import { describe, expect, it } from "vitest";
import { initialTransition, type SnapshotFrom, transition } from "xstate";
import { type ToolCallEvent, toolCall } from "../../machines/tool-call.ts";
import { defineTool } from "../../src/tools/tool.ts";
import type { CallResult } from "../../src/wire/delivery.ts";
import fc from "../fixtures/properties.ts";
import { SimulatedClock } from "../fixtures/simulated-clock.ts";
import { RecordedToolbox } from "../tools/fixture-toolbox.ts";

/** What can happen to a call from outside. */
const happenings = [
  "input fits",
  "input does not fit",
  "check throws",
  "tool answers",
  "tool throws",
  "cancel",
  "time passes",
] as const;
type Happening = (typeof happenings)[number];

/** The outcome states of the chart, and the results that belong to them. */
const codes: Readonly<Record<string, readonly string[]>> = {
  settled: ["value", "TOOL_FAILED"],
  denied: ["TOOL_INPUT_INVALID", "TOOL_UNKNOWN"],
  cancelled: ["CANCELLED"],
  timedOut: ["TOOL_TIMED_OUT"],
};

describe("toolCall", () => {
  it("is what the toolbox does, in whatever order things happen", async () => {
    const reached = new Set<string>();
    const anyOrder = fc.asyncProperty(
      fc.uniqueArray(fc.constantFrom(...happenings)),
      async (order) => {
        const { steps, result } = await played(order);
        const end = replayed(steps);
        const outcome = outcomeOf(end);
        reached.add(JSON.stringify(end.value));
        expect(codes[outcome], `${order} -> ${outcome}`).toContain(codeOf(result));
      },
    );
    await fc.assert(anyOrder, { numRuns: 500, seed: 1 });
    expect([...reached].sort()).toEqual([...ends()].sort());
  });

  it("is told of a call that runs twice into its end only once", async () => {
    const often = fc.asyncProperty(fc.array(fc.constantFrom(...happenings)), async (order) => {
      const { steps } = await played(order);
      const decided = steps.filter(({ type }) => !["tool.started", "tool.late"].includes(type));
      expect(decided).toHaveLength(1);
      replayed(steps);
    });
    await fc.assert(often, { numRuns: 200, seed: 2 });
  });

  it("denies a tool that does not exist", async () => {
    await using toolbox = await RecordedToolbox.start({});
    const result = await toolbox.call("none");
    expect(outcomeOf(replayed(toolbox.steps))).toBe("denied");
    expect(codes.denied).toContain(codeOf(result));
  });

  it("cancels what is asked of a toolbox that has stopped", async () => {
    const toolbox = await RecordedToolbox.start({});
    await toolbox.box.stop();
    const result = await toolbox.call("none");
    expect(replayed(toolbox.steps).value).toEqual({ cancelled: "unstarted" });
    expect(codes.cancelled).toContain(codeOf(result));
  });

  it("refuses what the code must never do", () => {
    const order =
      (...types: ToolCallEvent["type"][]) =>
      () =>
        replayed(types.map((type) => ({ type })));
    expect(order("tool.started", "tool.cancelled", "tool.settled")).toThrow("tool.settled");
    expect(order("tool.denied", "tool.started")).toThrow("tool.started");
    expect(order("tool.cancelled", "tool.started")).toThrow("tool.started");
    expect(order("tool.started", "tool.denied")).toThrow("tool.denied");
    expect(order("tool.started", "tool.settled", "tool.late")).toThrow("tool.late");
    expect(order("tool.started", "tool.timed-out", "tool.cancelled")).toThrow("tool.cancelled");
  });

  it("describes every state", () => {
    const states = Object.values(toolCall.root.states).flatMap((state) => [
      state,
      ...Object.values(state.states),
    ]);
    expect(states).toHaveLength(12);
    expect(states.filter(({ description }) => description === undefined)).toEqual([]);
  });
});

/** Lets things happen to a real call in this order, and ends it when none of them did. */
async function played(order: readonly Happening[]) {
  const check = Promise.withResolvers<{ value: unknown } | { issues: { message: string }[] }>();
  const answer = Promise.withResolvers<unknown>();
  const clock = new SimulatedClock();
  const controller = new AbortController();
  const tool = defineTool({
    name: "t",
    description: "Does as it is told.",
    input: { "~standard": { version: 1, vendor: "test", validate: () => check.promise } },
    inputSchema: { type: "object" },
    timeoutMs: 1_000,
    execute: () => answer.promise,
  });
  await using toolbox = await RecordedToolbox.start({ tools: [tool], clock });
  const pending = toolbox.call("t", {}, { signal: controller.signal });
  const happen: Readonly<Record<Happening, () => void>> = {
    "input fits": () => check.resolve({ value: {} }),
    "input does not fit": () => check.resolve({ issues: [{ message: "no" }] }),
    "check throws": () => check.reject(new Error("broken check")),
    "tool answers": () => answer.resolve(1),
    "tool throws": () => {
      // Nobody may be listening yet: that the tool has not begun is not the test's concern.
      answer.promise.catch(() => undefined);
      answer.reject(new Error("broken tool"));
    },
    cancel: () => controller.abort("enough"),
    "time passes": () => clock.increment(1_000),
  };
  for (const happening of order) {
    happen[happening]();
    await new Promise((resolve) => setImmediate(resolve));
  }
  clock.increment(1_000);
  return { result: await pending, steps: toolbox.steps };
}

/** Feeds steps to the chart, and throws at the first that it does not know there. */
function replayed(steps: readonly ToolCallEvent[]): SnapshotFrom<typeof toolCall> {
  let [state] = initialTransition(toolCall);
  for (const step of steps) {
    if (!state.can(step)) throw new Error(`${step.type} in ${JSON.stringify(state.value)}`);
    [state] = transition(toolCall, state, step);
  }
  return state;
}

function outcomeOf({ value }: SnapshotFrom<typeof toolCall>): string {
  return typeof value === "string" ? value : (Object.keys(value)[0] ?? "");
}

function codeOf(result: CallResult): string {
  return result.isError ? result.error.code : "value";
}

/** Every state in which a call can be left, as JSON. */
function ends(): Set<string> {
  const inner = ["unstarted", "abandoned", "quiet"];
  const compound = ["cancelled", "timedOut"];
  const values = compound.flatMap((outer) => inner.map((state) => ({ [outer]: state })));
  return new Set(["settled", "denied", ...values].map((value) => JSON.stringify(value)));
}
