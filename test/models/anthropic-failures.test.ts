import { describe, expect, it } from "vitest";
import { noTokens } from "../../src/models/token-usage.ts";
import { encodeError } from "../../src/wire/error-codec.ts";
import {
  breakOff,
  cut,
  endEarly,
  fail,
  hold,
  overloaded,
  rateLimited,
  type ServerReply,
  say,
  serverError,
} from "../fixtures/messages-server.ts";
import { startBench, testKey } from "./anthropic-bench.ts";
import { failureOf, recordCall, request } from "./recorded-call.ts";

const passing: [string, ServerReply, object][] = [
  ["408", fail(408, "timeout_error", "Too slow"), { status: 408, type: "timeout_error" }],
  ["409", fail(409, "conflict_error", "Locked"), { status: 409, type: "conflict_error" }],
  ["429", rateLimited(), { status: 429, type: "rate_limit_error" }],
  ["500", serverError(), { status: 500, type: "api_error", reason: "Internal server error" }],
  ["529", overloaded(), { status: 529, type: "overloaded_error" }],
  ["a page of HTML", { status: 502, body: "<h1>Bad gateway</h1>" }, { status: 502 }],
];

/** What may have been billed: the call comes back, so that its next attempt is paid for. */
const billed: [string, ServerReply, object][] = [
  ["a socket destroyed before any event", cut(say("hello"), 0), { type: "connection_error" }],
  ["a socket destroyed midway", cut(say("hello"), 4), { type: "connection_error" }],
  ["a response that ends midway", endEarly(say("hello"), 4), { type: "stream_cut" }],
  ["a response that ends before its last event", endEarly(say("hello"), 6), {}],
  [
    "an overload midway",
    breakOff(say("hello"), 4, "overloaded_error"),
    { type: "overloaded_error" },
  ],
];

describe("a failure that may pass", () => {
  it.each(passing)("and cost nothing is tried again: %s", async (_, reply, details) => {
    await using bench = await startBench([reply, say("5")]);
    const { call, retries } = recordCall();
    const answer = bench.model().call(request(), call);
    await bench.passWaits(1);
    expect((await answer).content).toEqual([{ type: "text", text: "5" }]);
    expect(retries).toMatchObject([{ attempt: 1, error: { code: "MODEL_FAILED", details } }]);
  });

  it.each(billed)("and was perhaps billed is told: %s", async (_, reply, details) => {
    await using bench = await startBench([reply, say("5")]);
    const { call, retries } = recordCall();
    const failure = await failureOf(bench.model().call(request(), { ...call, failed: 1 }));
    expect(failure.error.details).toMatchObject({ attempts: 2, ...details });
    expect(failure).toMatchObject({ partial: true, again: { attempt: 2, delayMs: 1_000 } });
    expect([retries, bench.server.requests.length]).toEqual([[], 1]);
  });

  it("of a server that is not there cost nothing", async () => {
    const bench = await startBench([say("5")]);
    await bench.server.close();
    const { call, retries } = recordCall();
    const failure = failureOf(bench.model().call(request(), call));
    await bench.passWaits(3);
    expect(await failure).toMatchObject({ partial: false, usage: noTokens });
    expect((await failure).again).toBeUndefined();
    expect(retries).toHaveLength(3);
  });

  it("counts the attempts before it, and comes to no fifth", async () => {
    await using bench = await startBench([overloaded()]);
    const failure = failureOf(bench.model().call(request(), { ...recordCall().call, failed: 2 }));
    await bench.passWaits(1);
    expect((await failure).error.details).toMatchObject({ attempts: 4 });
    expect(bench.server.requests).toHaveLength(2);
    await using last = await startBench([cut(say("hello"), 4)]);
    const { call } = recordCall();
    const ended = await failureOf(last.model().call(request(), { ...call, failed: 3 }));
    expect([ended.again, ended.partial]).toEqual([undefined, true]);
  });

  it("is told with all it is known by after four attempts, and no fifth is made", async () => {
    await using bench = await startBench([overloaded()]);
    const failure = failureOf(bench.model().call(request(), recordCall().call));
    await bench.passWaits(3);
    const { error, partial, usage } = await failure;
    expect(error.code).toBe("MODEL_FAILED");
    expect(error.message).toContain("Model claude-test answered 529 overloaded_error: Overloaded");
    expect(error.details).toMatchObject({ status: 529, type: "overloaded_error", attempts: 4 });
    expect(partial).toBe(false);
    expect(usage.inputTokens).toBe(0);
    expect(bench.server.requests).toHaveLength(4);
  });

  it.each([0, 3])("is a stream that goes silent after %i events", async (count) => {
    const replies = [hold(say("hello there"), count), say("5")];
    await using bench = await startBench(replies, { silentMs: 100 });
    const failure = await failureOf(bench.model().call(request(), recordCall().call));
    expect(failure).toMatchObject({ partial: true, again: { attempt: 1 } });
    expect(failure.error.code).toBe("MODEL_FAILED");
  });

  it("is told at once when no retries are allowed", async () => {
    await using bench = await startBench([overloaded()], { retries: 0 });
    const { call, retries } = recordCall();
    expect((await failureOf(bench.model().call(request(), call))).error.details).toMatchObject({
      attempts: 1,
    });
    expect(retries).toEqual([]);
    expect(bench.server.requests).toHaveLength(1);
  });

  it("midway, for good, says what was used and streamed", async () => {
    await using bench = await startBench([cut(say("hello world"), 4)], { retries: 0 });
    const failure = await failureOf(bench.model().call(request(), recordCall().call));
    expect(failure).toMatchObject({
      usage: { inputTokens: 10, outputTokens: 2 },
      partial: true,
      partialText: "hello ",
    });
  });

  it("of a connection after its last event is none", async () => {
    await using bench = await startBench([cut(say("hello"), 7)], { retries: 0 });
    const reply = await bench.model().call(request(), recordCall().call);
    expect(reply.content).toEqual([{ type: "text", text: "hello" }]);
  });

  it("of a server that is not there is a connection error", async () => {
    const bench = await startBench([say("5")], { retries: 0 });
    await bench.server.close();
    const { error } = await failureOf(bench.model().call(request(), recordCall().call));
    expect(error.details).toMatchObject({ type: "connection_error" });
    expect(error.message).toContain("ECONNREFUSED");
  });
});

describe("retry-after", () => {
  const inTwentySeconds = new Date(Date.UTC(2026, 0, 1) + 20_000).toUTCString();
  it.each([
    ["in seconds", "7", 7_000],
    ["as a date", inTwentySeconds, 20_000],
    ["at its bound", "60", 60_000],
    ["beyond its bound", "3600", 60_000],
    ["in the past", new Date(0).toUTCString(), 500],
    ["of zero", "0", 500],
    ["of nonsense", "soon", 500],
  ])("%s is honoured", async (_, header, delayMs) => {
    await using bench = await startBench([rateLimited(header), say("5")]);
    const { call, retries } = recordCall();
    const answer = bench.model().call(request(), call);
    expect(await bench.clock.nextTimer()).toBe(delayMs);
    bench.clock.advance(delayMs - 1);
    expect(bench.server.requests).toHaveLength(1);
    bench.clock.advance(1);
    await answer;
    expect(retries[0]!.delayMs).toBe(delayMs);
  });
});

const lasting: [string, ServerReply][] = [
  ["400", fail(400, "invalid_request_error", "prompt is too long")],
  ["401", fail(401, "authentication_error", "invalid x-api-key")],
  ["403", fail(403, "permission_error", "not yours")],
  ["404", fail(404, "not_found_error", "model: claude-test")],
  ["413", fail(413, "request_too_large", "too large")],
  ["what the service marks so", fail(500, "api_error", "no", { "x-should-retry": "false" })],
  ["a request refused midway", breakOff(say("hello"), 2, "invalid_request_error")],
  [
    "a limit of money",
    {
      status: 429,
      headers: { "content-type": "application/json" },
      body: JSON.stringify({
        type: "error",
        error: {
          type: "rate_limit_error",
          message: "monthly limit",
          details: { error_code: "enforced_spend_limit_reached" },
        },
      }),
    },
  ],
];

describe("a failure that does not pass", () => {
  it.each(lasting)("is told at once: %s", async (_, reply) => {
    await using bench = await startBench([reply]);
    const { call, retries } = recordCall();
    const { error } = await failureOf(bench.model().call(request(), call));
    expect(error).toMatchObject({ code: "MODEL_FAILED", details: { attempts: 1 } });
    expect(retries).toEqual([]);
    expect(bench.server.requests).toHaveLength(1);
  });

  it.each([undefined, "", "  "])("is a key that is %j: nothing is sent", async (key) => {
    await using bench = await startBench([say("5")], { env: { ANTHROPIC_API_KEY: key } });
    const { error } = await failureOf(bench.model().call(request(), recordCall().call));
    expect(error.code).toBe("MODEL_FAILED");
    expect(error.message).toContain("ANTHROPIC_API_KEY");
    expect(bench.server.requests).toEqual([]);
  });

  it.each(["localhost:1234", "ftp://127.0.0.1", "not a url", "http://me:hunter2@127.0.0.1"])(
    "is the base URL %s, which is not shown",
    async (baseUrl) => {
      await using bench = await startBench([say("5")]);
      const failure = await failureOf(bench.model({ baseUrl }).call(request(), recordCall().call));
      expect(failure.error.code).toBe("OPTIONS_INVALID");
      expect(failure.error.message).not.toContain("hunter2");
    },
  );
});

describe("the key", () => {
  it("stands in no error, though a proxy sends it back", async () => {
    const echo = `you sent Bearer ${testKey}`;
    const replies: ServerReply[] = [
      { status: 502, body: echo },
      fail(401, "authentication_error", echo),
      fail(400, testKey, echo, { "request-id": testKey }),
    ];
    for (const reply of replies) {
      await using bench = await startBench([reply], { retries: 0 });
      const failure = await failureOf(bench.model().call(request(), recordCall().call));
      expect(everything(failure)).not.toContain(testKey);
      expect(failure.error.message).toContain("[redacted]");
    }
  });

  it("stands in no error, though it is no header value", async () => {
    const key = "sk-ant-broken\nsecret";
    await using bench = await startBench([say("5")], {
      env: { ANTHROPIC_API_KEY: key },
      retries: 0,
    });
    const failure = await failureOf(bench.model().call(request(), recordCall().call));
    expect(everything(failure)).not.toContain("secret");
  });
});

function everything(failure: Awaited<ReturnType<typeof failureOf>>): string {
  const { error, message, stack, partialText } = failure;
  return JSON.stringify([encodeError(error, "MODEL_FAILED"), message, stack, partialText]);
}
