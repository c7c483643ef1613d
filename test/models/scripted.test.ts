import { describe, expect, it } from "vitest";
import type { ModelReply } from "../../src/models/model.ts";
import { scriptedModel } from "../../src/models/scripted.ts";
import { isScripted, scriptedUsage } from "../../src/models/scripted-usage.ts";
import { ManualClock } from "../../src/testing/manual-clock.ts";
import type { ScriptedStep } from "../../src/wire/spec.ts";
import { failureOf, recordCall, request } from "./recorded-call.ts";

function script(steps: ScriptedStep[], repeat?: boolean) {
  const spec = { provider: "scripted" as const, steps, ...(repeat !== undefined && { repeat }) };
  const clock = new ManualClock();
  return { spec, clock, model: scriptedModel(spec, clock) };
}

describe("a scripted model", () => {
  it("answers synchronously with text, and streams it", () => {
    const { call, deltas } = recordCall();
    const reply = script([{ text: "5" }]).model.call(request(), call);
    expect(reply).not.toBeInstanceOf(Promise);
    expect(reply).toEqual({
      content: [{ type: "text", text: "5" }],
      stopReason: "end_turn",
      usage: { inputTokens: 0, cacheReadTokens: 0, cacheWriteTokens: 0, outputTokens: 0 },
    });
    expect(deltas).toEqual(["5"]);
  });

  it("gives tool calls ids that are the same each time and differ between calls", () => {
    const toolCalls = [
      { name: "add", input: { a: 1 } },
      { name: "add", input: { a: 2 } },
    ];
    const { model } = script([{ text: "first", toolCalls }, { toolCalls }]);
    const ask = (turn: number) => model.call(request({ turn }), recordCall().call) as ModelReply;
    expect(ask(0)).toEqual(ask(0));
    expect(ask(0).stopReason).toBe("tool_use");
    const ids = [ask(0), ask(1)].flatMap(({ content }) =>
      content.flatMap((block) => (block.type === "tool_use" ? [block.id] : [])),
    );
    expect(new Set(ids).size).toBe(4);
    for (const id of ids) expect(id).toMatch(/^[\w-]+$/);
  });

  it("answers its last step and fails at the one after it", async () => {
    const { model } = script([{ text: "a" }, { text: "b" }]);
    expect(await model.call(request({ turn: 1 }), recordCall().call)).toMatchObject({
      content: [{ text: "b" }],
    });
    const failure = await failureOf(model.call(request({ turn: 2 }), recordCall().call));
    expect(failure.error).toMatchObject({
      code: "SCRIPT_EXHAUSTED",
      details: { steps: 2, turn: 2 },
    });
  });

  it("begins again after the last step when it repeats", async () => {
    const { model } = script([{ text: "a" }, { text: "b" }], true);
    const reply = await model.call(request({ turn: 2 }), recordCall().call);
    expect(reply.content).toEqual([{ type: "text", text: "a" }]);
  });

  it.each([true, false])("fails when it has no steps (repeat: %s)", async (repeat) => {
    const { model } = script([], repeat);
    const { error } = await failureOf(model.call(request(), recordCall().call));
    expect(error.code).toBe("SCRIPT_EXHAUSTED");
  });

  it("fails with a step's error, having used its usage and said its text", async () => {
    const usage = { inputTokens: 7, outputTokens: 3 };
    const { call, deltas } = recordCall();
    const { model } = script([{ text: "half of", error: "the line went dead", usage }]);
    const failure = await failureOf(model.call(request(), call));
    expect(failure.error.code).toBe("MODEL_FAILED");
    expect(failure.error.message).toContain("the line went dead");
    expect(failure).toMatchObject({ usage, partial: false, partialText: "half of" });
    expect(deltas).toEqual(["half of"]);
  });

  it("waits for its delay and no longer", async () => {
    const { model, clock } = script([{ text: "late", delayMs: 500 }]);
    const { call, deltas } = recordCall();
    const reply = model.call(request(), call);
    expect(await clock.nextTimer()).toBe(500);
    clock.advance(499);
    expect(deltas).toEqual([]);
    clock.advance(1);
    expect(await reply).toMatchObject({ content: [{ text: "late" }] });
    expect(clock.armed).toBe(0);
  });

  it("rejects at once when its delay is aborted, having used nothing", async () => {
    const usage = { inputTokens: 7, outputTokens: 3 };
    const { model, clock } = script([{ text: "never", delayMs: 500, usage }]);
    const controller = new AbortController();
    const { call, deltas } = recordCall(controller.signal);
    const reply = failureOf(model.call(request(), call));
    controller.abort("enough");
    const failure = await reply;
    expect(failure.error.code).toBe("CANCELLED");
    expect(failure.error.message).toContain("enough");
    expect(failure.usage.inputTokens).toBe(0);
    expect(clock.armed).toBe(0);
    expect(deltas).toEqual([]);
  });

  it("rejects when it is cancelled before it starts", async () => {
    const { call } = recordCall(AbortSignal.abort());
    const failure = await failureOf(script([{ text: "5" }]).model.call(request(), call));
    expect(failure.error.code).toBe("CANCELLED");
  });
});

describe("the usage of a script, known beforehand", () => {
  const usage = { inputTokens: 7, outputTokens: 3 };
  const known = { ...usage, cacheReadTokens: 0, cacheWriteTokens: 0 };

  it("is what the call then reports, step by step, when repeating, and after the end", async () => {
    for (const repeat of [false, true]) {
      const { model, spec } = script([{ text: "a", usage }, { text: "b" }], repeat);
      for (const turn of [0, 1]) {
        const reply = await model.call(request({ turn }), recordCall().call);
        expect(scriptedUsage(spec, turn)).toEqual(reply.usage);
      }
      const after = repeat ? known : { ...known, inputTokens: 0, outputTokens: 0 };
      expect(scriptedUsage(spec, 2)).toEqual(after);
    }
  });

  it("belongs to scripts only", () => {
    expect(isScripted({ provider: "scripted", steps: [] })).toBe(true);
    expect(isScripted({ provider: "file:///model.ts" })).toBe(false);
  });
});
