import { describe, expect, it } from "vitest";
import { CoppiceError } from "../../src/errors.ts";
import { createModels } from "../../src/models/models.ts";
import { ManualClock } from "../../src/testing/manual-clock.ts";
import { likelyTokens } from "../../src/wire/likely-tokens.ts";
import { failureOf, recordCall, request } from "./recorded-call.ts";

const provider = "file:///models/thinker.ts";

/** A module that throws each of these in turn, then answers. */
function throwing(thrown: readonly unknown[], retries?: number) {
  const clock = new ManualClock();
  let asked = 0;
  const model = createModels({
    env: {},
    clock,
    chance: () => 0,
    ...(retries !== undefined && { retries }),
    importModule: async () => ({
      default: () => {
        asked += 1;
        if (asked <= thrown.length) throw thrown[asked - 1];
        return "ok";
      },
    }),
  }).of({ provider });
  const passWaits = async (count: number): Promise<void> => {
    for (let n = 0; n < count; n += 1) clock.advance(await clock.nextTimer());
  };
  return { clock, model, passWaits, asked: () => asked };
}

function withFields(fields: object): Error {
  return Object.assign(new Error("no"), fields);
}

const now = new ManualClock().now();

const callTokens =
  likelyTokens("half") + likelyTokens("add") + likelyTokens(JSON.stringify({ a: 1 }));

describe("a module model that throws", () => {
  it.each<[string, unknown]>([
    ["status 408", { status: 408 }],
    ["status 409", withFields({ status: 409 })],
    ["status 429", withFields({ status: 429 })],
    ["status 500", withFields({ status: 500 })],
    ["status 529", withFields({ status: 529 })],
    ["retryable: true", withFields({ retryable: true })],
    ["retryable: true over its status", withFields({ status: 400, retryable: true })],
    ["a CoppiceError whose details say so", new CoppiceError("MODEL_FAILED", "x", { status: 503 })],
  ])("%s is asked again after a wait", async (_, thrown) => {
    const { model, passWaits, asked } = throwing([thrown]);
    const { call, retries } = recordCall();
    const reply = model.call(request(), call);
    await passWaits(1);
    expect(await reply).toMatchObject({ content: [{ text: "ok" }] });
    expect(asked()).toBe(2);
    expect(retries).toMatchObject([
      { attempt: 1, delayMs: 500, error: { code: "MODEL_FAILED", details: { retryable: true } } },
    ]);
  });

  it.each<[string, unknown]>([
    ["a mistake", new TypeError("x is not a function")],
    ["a text", "no"],
    ["nothing", undefined],
    ["status 400", withFields({ status: 400 })],
    ["status 404", withFields({ status: 404 })],
    ["a status that is none", withFields({ status: "500" })],
    ["retryable: false over its status", withFields({ status: 500, retryable: false })],
    ["what its service marks so", withFields({ status: 500, headers: dontRetry() })],
    ["a CoppiceError that says nothing", new CoppiceError("MODEL_FAILED", "no")],
  ])("%s has failed at once", async (_, thrown) => {
    const { model, asked, clock } = throwing([thrown]);
    const { error } = await failureOf(model.call(request(), recordCall().call));
    expect(error).toMatchObject({ code: "MODEL_FAILED", retryable: false });
    expect(error.details).toMatchObject({ module: provider, attempts: 1 });
    expect([asked(), clock.armed]).toEqual([1, 0]);
  });

  it.each([0, 1, 3])("has %i retries and not one more", async (retries) => {
    const down = Array.from({ length: 9 }, () => withFields({ status: 503 }));
    const { model, passWaits, asked } = throwing(down, retries);
    const failure = failureOf(model.call(request(), recordCall().call));
    await passWaits(retries);
    const { error } = await failure;
    expect(error.details).toMatchObject({ status: 503, attempts: retries + 1, retryable: true });
    expect(asked()).toBe(retries + 1);
  });

  it.each<[string, object, number]>([
    ["in milliseconds", { retryAfterMs: 1_234 }, 1_234],
    ["in a header of seconds", { headers: new Headers({ "retry-after": "7" }) }, 7_000],
    ["in a header of milliseconds", { headers: new Headers({ "retry-after-ms": "70" }) }, 70],
    [
      "as a date",
      { headers: new Headers({ "retry-after": new Date(now + 9_000).toUTCString() }) },
      9_000,
    ],
    ["beyond its bound", { retryAfterMs: 3_600_000 }, 60_000],
    ["that is no number", { retryAfterMs: "soon", headers: "none" }, 500],
  ])("is waited for as long as it says %s", async (_, said, delayMs) => {
    const { model, clock, asked } = throwing([withFields({ status: 429, ...said })]);
    const reply = model.call(request(), recordCall().call);
    expect(await clock.nextTimer()).toBe(delayMs);
    clock.advance(delayMs - 1);
    expect(asked()).toBe(1);
    clock.advance(1);
    await reply;
  });

  it("ends at once when it is aborted while it waits", async () => {
    const controller = new AbortController();
    const { model, clock } = throwing([withFields({ status: 529 })]);
    const failure = failureOf(model.call(request(), recordCall(controller.signal).call));
    await clock.nextTimer();
    controller.abort("enough");
    expect(await failure).toMatchObject({ error: { code: "CANCELLED" }, partial: false });
    expect(clock.armed).toBe(0);
  });

  it.each<[string, readonly unknown[], object, number]>([
    ["with its usage", [{ text: "half", usage: { inputTokens: 7, outputTokens: 9 } }], {}, 9],
    [
      "with more than it says",
      [{ usage: { inputTokens: 7, outputTokens: 0 } }, "one two"],
      {},
      likelyTokens("one two"),
    ],
    ["with its calls", ["half", { toolCall: { name: "add", input: { a: 1 } } }], {}, callTokens],
    ["and is to wait", ["half"], { retryAfterMs: 7 }, likelyTokens("half")],
  ])("midway comes back %s, to be paid for once more", async (_, said, more, outputTokens) => {
    const importModule = async () => ({
      default: async function* () {
        yield* said;
        throw withFields({ status: 529, ...more });
      },
    });
    const clock = new ManualClock();
    const models = createModels({ env: {}, clock, chance: () => 0, importModule });
    const failure = await failureOf(models.of({ provider }).call(request(), recordCall().call));
    const delayMs = "retryAfterMs" in more ? 7 : 500;
    expect(failure).toMatchObject({ partial: true, again: { attempt: 1, delayMs } });
    expect(failure.usage.outputTokens).toBe(outputTokens);
    expect(clock.armed).toBe(0);
  });
});

function dontRetry(): Headers {
  return new Headers({ "x-should-retry": "false" });
}
