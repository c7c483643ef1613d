import { describe, expect, it } from "vitest";
import { CoppiceError } from "../../src/errors.ts";
import { type CallRemains, nothingUsed } from "../../src/models/model.ts";
import { type Attempt, type RetryPolicy, retry } from "../../src/models/retry.ts";
import { ManualClock } from "../../src/testing/manual-clock.ts";
import { failureOf, recordCall } from "./recorded-call.ts";

const used = { inputTokens: 10, cacheReadTokens: 1, cacheWriteTokens: 2, outputTokens: 5 };

function failed(over: Partial<Extract<Attempt, { status: "failed" }>> = {}): Attempt {
  const error = new CoppiceError("MODEL_FAILED", "Overloaded");
  return { status: "failed", error, remains: nothingUsed, again: true, ...over };
}

function answered(text = "5"): Attempt {
  const content = [{ type: "text" as const, text }];
  return { status: "answered", reply: { content, stopReason: "end_turn", usage: used } };
}

function run(attempts: readonly Attempt[], policy: Partial<RetryPolicy> = {}, before = 0) {
  const clock = new ManualClock();
  const controller = new AbortController();
  const recorded = recordCall(controller.signal);
  const made: number[] = [];
  const reply = retry(
    async (number) => {
      made.push(number);
      return attempts[number - 1] ?? failed();
    },
    { clock, chance: () => 0, ...policy },
    { ...recorded.call, failed: before },
  );
  const passWaits = async (count: number) => {
    for (let n = 0; n < count; n += 1) clock.advance(await clock.nextTimer());
  };
  return { ...recorded, clock, controller, made, reply, passWaits };
}

describe("retrying a model call", () => {
  it("answers after attempts that cost nothing, with what the last one used", async () => {
    const { reply, passWaits, made } = run([failed(), failed(), answered()]);
    await passWaits(2);
    expect(await reply).toMatchObject({ content: [{ text: "5" }], usage: used });
    expect(made).toEqual([1, 2, 3]);
  });

  it.each<[string, CallRemains]>([
    ["was cut off", { usage: nothingUsed.usage, partial: true, partialText: "" }],
    ["has used something", { usage: used, partial: false, partialText: "" }],
  ])("comes back after an attempt that %s, and makes no other", async (_, remains) => {
    const { reply, passWaits, made, clock } = run([failed(), failed({ remains }), answered()]);
    const failure = failureOf(reply);
    await passWaits(1);
    expect(await failure).toMatchObject({ ...remains, again: { attempt: 2, delayMs: 1_000 } });
    expect([made, clock.armed]).toEqual([[1, 2], 0]);
  });

  it("goes on counting where it was asked once more, and comes back no fourth time", async () => {
    const remains = { usage: used, partial: true, partialText: "half" };
    const third = run([failed(), failed(), failed({ remains })], {}, 2);
    expect(await failureOf(third.reply)).toMatchObject({ again: { attempt: 3, delayMs: 2_000 } });
    const last = run([failed(), failed(), failed(), failed({ remains })], {}, 3);
    expect((await failureOf(last.reply)).again).toBeUndefined();
    expect([third.made, last.made]).toEqual([[3], [4]]);
  });

  it("answers at the fourth attempt, and never makes a fifth", async () => {
    const atFourth = run([failed(), failed(), failed(), answered()]);
    await atFourth.passWaits(3);
    expect(await atFourth.reply).toMatchObject({ content: [{ text: "5" }] });

    const never = run([failed(), failed(), failed(), failed(), answered()]);
    const failure = failureOf(never.reply);
    await never.passWaits(3);
    expect(await failure).toMatchObject({ usage: { inputTokens: 0 }, partial: false });
    expect(never.made).toEqual([1, 2, 3, 4]);
    expect(never.clock.armed).toBe(0);
  });

  it.each([0, 1])("makes %i retries when told so", async (retries) => {
    const { reply, passWaits, made } = run([], { retries });
    const failure = failureOf(reply);
    await passWaits(retries);
    await failure;
    expect(made).toHaveLength(retries + 1);
  });

  it("does not repeat what cannot succeed", async () => {
    const { reply, made, retries } = run([failed({ again: false })]);
    expect((await failureOf(reply)).error.message).toContain("Overloaded");
    expect(made).toEqual([1]);
    expect(retries).toEqual([]);
  });

  it("backs off exponentially up to eight seconds, and tells before each wait", async () => {
    const { reply, passWaits, retries } = run([], { retries: 6 });
    const failure = failureOf(reply);
    await passWaits(6);
    await failure;
    expect(retries.map(({ delayMs }) => delayMs)).toEqual([500, 1000, 2000, 4000, 8000, 8000]);
    expect(retries.map(({ attempt }) => attempt)).toEqual([1, 2, 3, 4, 5, 6]);
    expect(retries[0]!.error).toMatchObject({ code: "MODEL_FAILED" });
  });

  it("takes up to a quarter off the wait by chance", async () => {
    const { reply, passWaits, retries } = run([failed(), answered()], { chance: () => 0.999_999 });
    await passWaits(1);
    await reply;
    expect(retries[0]!.delayMs).toBe(375);
  });

  it.each([
    [1, 1],
    [60_000, 60_000],
    [60_001, 60_000],
    [3_600_000, 60_000],
  ])("when asked to wait %i ms waits %i", async (retryAfterMs, delayMs) => {
    const { reply, clock, retries } = run([failed({ retryAfterMs }), answered()]);
    expect(await clock.nextTimer()).toBe(delayMs);
    clock.advance(delayMs - 1);
    expect(clock.armed).toBe(1);
    clock.advance(1);
    await reply;
    expect(retries[0]!.delayMs).toBe(delayMs);
  });

  it("rejects at once when it is cancelled while it waits", async () => {
    const { reply, clock, controller, made } = run([failed()]);
    const failure = failureOf(reply);
    await clock.nextTimer();
    controller.abort("enough");
    expect((await failure).error.code).toBe("CANCELLED");
    expect(await failure).toMatchObject(nothingUsed);
    expect(clock.armed).toBe(0);
    expect(made).toEqual([1]);
  });

  it("makes no attempt when it is cancelled before", async () => {
    const { call } = recordCall(AbortSignal.abort("before"));
    let made = 0;
    const attempt = async () => {
      made += 1;
      return answered();
    };
    const policy = { clock: new ManualClock(), chance: () => 0 };
    expect((await failureOf(retry(attempt, policy, call))).error.code).toBe("CANCELLED");
    expect(made).toBe(0);
  });
});
