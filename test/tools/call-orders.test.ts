import { describe, expect, it } from "vitest";
import { ManualClock } from "../../src/testing/manual-clock.ts";
import { defineTool } from "../../src/tools/tool.ts";
import type { CallResult } from "../../src/wire/delivery.ts";
import fc from "../fixtures/properties.ts";
import { RecordedToolbox } from "./fixture-toolbox.ts";

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

describe("a tool call", () => {
  it("has the one result that what happened first decides", async () => {
    const reached = new Set<string>();
    const anyOrder = fc.asyncProperty(
      fc.uniqueArray(fc.constantFrom(...happenings)),
      async (order) => {
        const result = codeOf(await played(order));
        reached.add(result);
        expect(result, String(order)).toBe(expected(order));
      },
    );
    await fc.assert(anyOrder, { numRuns: 500, seed: 1 });
    expect([...reached].sort()).toEqual(
      ["CANCELLED", "TOOL_FAILED", "TOOL_INPUT_INVALID", "TOOL_TIMED_OUT", "value"].sort(),
    );
  });

  it("of a tool that does not exist is refused", async () => {
    await using toolbox = await RecordedToolbox.start({});
    expect(codeOf(await toolbox.call("none"))).toBe("TOOL_UNKNOWN");
  });

  it("of a toolbox that has stopped is cancelled", async () => {
    const toolbox = await RecordedToolbox.start({});
    await toolbox.box.stop();
    expect(codeOf(await toolbox.call("none"))).toBe("CANCELLED");
  });
});

/** What a call comes to; its time is over when nothing else has ended it. */
function expected(order: readonly Happening[]): string {
  let isRunning = false;
  let answer: string | undefined;
  for (const happening of order) {
    if (happening === "cancel") return "CANCELLED";
    if (happening === "time passes") return "TOOL_TIMED_OUT";
    if (happening === "input does not fit" && !isRunning) return "TOOL_INPUT_INVALID";
    if (happening === "check throws" && !isRunning) return "TOOL_FAILED";
    if (happening === "input fits") isRunning = true;
    // A tool that has not begun may know its answer already; only the first one is one.
    if (happening === "tool answers") answer ??= "value";
    if (happening === "tool throws") answer ??= "TOOL_FAILED";
    if (isRunning && answer !== undefined) return answer;
  }
  return "TOOL_TIMED_OUT";
}

/** Lets things happen to a real call in this order, and ends it when none of them did. */
async function played(order: readonly Happening[]): Promise<CallResult> {
  const check = Promise.withResolvers<{ value: unknown } | { issues: { message: string }[] }>();
  const answer = Promise.withResolvers<unknown>();
  const clock = new ManualClock();
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
    "time passes": () => clock.advance(1_000),
  };
  for (const happening of order) {
    happen[happening]();
    await new Promise((resolve) => setImmediate(resolve));
  }
  clock.advance(1_000);
  return await pending;
}

function codeOf(result: CallResult): string {
  return result.isError ? result.error.code : "value";
}
