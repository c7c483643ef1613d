import { expect, it } from "vitest";
import type { Frame, FromHost } from "../../src/wire/frame.ts";
import { isFromHost } from "../../src/wire/frame-check.ts";
import fc from "../fixtures/properties.ts";
import { Driver } from "./driver.ts";

const callId = "/a#1.1";
const usage = { inputTokens: 1, cacheReadTokens: 0, cacheWriteTokens: 0, outputTokens: 1 };
const error = { code: "MODEL_FAILED", message: "no", details: {} };

/** One of each kind of flag, whole and right. */
const commands: readonly object[] = [
  { type: "tool", callId, tool: "t", input: null },
  { type: "model", callId, after: "now", inputTokens: 1, job: { messages: [], tools: ["t"] } },
  { type: "model.done", callId, usage, error },
  { type: "model.done", callId, usage, error, partial: true, again: { attempt: 1, delayMs: 1 } },
  { type: "model.grew", callId, usage },
  { type: "model.retried", callId, attempt: 1, delayMs: 1, error },
  { type: "spawn", callId, agent: "a", input: null, name: "b", background: true },
  { type: "send", callId, to: "/a", message: null },
  { type: "wait", callId, names: ["b"] },
  { type: "cancel", callId, name: "b", reason: "r" },
  { type: "reply", askId: "ask-1", value: null },
  { type: "output", callId, text: "t" },
  { type: "turn-end", output: "o" },
  { type: "done", end: { status: "completed", output: null } },
  { type: "done", end: { status: "failed", error } },
  { type: "done", end: { status: "ended" } },
];
const frameOf = (command: object): object => ({
  path: "/a",
  incarnation: 1,
  upTo: 0,
  busy: false,
  commands: [command],
  append: [{ role: "user", content: "x" }],
  timers: [{ id: "t", dueMs: 1, event: null }],
});

const garbage = fc.constantFrom<unknown>(
  undefined,
  null,
  Number.NaN,
  -1,
  0.5,
  "",
  "x",
  true,
  [],
  [null],
  [5],
  {},
  { status: "elsewhere" },
  { code: "NO_CODE" },
);

it("believes a frame that is whole and right", () => {
  for (const command of commands)
    expect(isFromHost({ frames: [frameOf(command)] }), JSON.stringify(command)).toBe(true);
});

it("never throws at what a host sent and was not refused for its form", () => {
  fc.assert(
    fc.property(
      fc.constantFrom(...commands),
      fc.nat(),
      garbage,
      fc.boolean(),
      (command, at, bad, wait) => {
        const message = { frames: [spoil(frameOf(command), at, bad)] };
        if (!isFromHost(message)) return;
        const driver = new Driver();
        const node = driver.spawn(driver.root, { loop: false });
        if (wait) driver.frame(node, [{ type: "tool", callId, tool: "t", input: null }]);
        for (const frame of (message as FromHost).frames as Frame[]) {
          driver.do((kernel) => kernel.commit("h1", frame));
        }
        const { end } = node;
        if (end !== undefined) expect(["completed", "failed"]).toContain(end.status);
        if (end?.status === "failed") expect(typeof end.error.message).toBe("string");
        for (const { command: asked } of driver.of("request")) expectUsable(asked);
      },
    ),
    { numRuns: 4_000 },
  );
});

/** What the shell takes at its flag. */
function expectUsable(command: object): void {
  for (const [field, value] of Object.entries(command)) {
    if (value === undefined) continue;
    if (["tool", "agent", "to", "name", "reason"].includes(field))
      expect(typeof value).toBe("string");
  }
}

/** Replaces the `at`th of all fields, wherever it lies. */
function spoil(whole: object, at: number, bad: unknown): object {
  const copy = structuredClone(whole);
  const places: [Record<string, unknown>, string][] = [];
  const visit = (value: unknown): void => {
    if (typeof value !== "object" || value === null) return;
    for (const [key, inner] of Object.entries(value)) {
      places.push([value as Record<string, unknown>, key]);
      visit(inner);
    }
  };
  visit(copy);
  const [holder, key] = places[at % places.length] as [Record<string, unknown>, string];
  holder[key] = bad;
  return copy;
}
