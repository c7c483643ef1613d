import { describe, expect, it } from "vitest";
import { fail, overloaded, type ServerReply, say } from "../fixtures/messages-server.ts";
import { startBench } from "./anthropic-bench.ts";
import { failureOf, recordCall, request } from "./recorded-call.ts";

const context = (input: number, asked: number, limit = 200_000): ServerReply => {
  const why = `exceed context limit: ${input} + ${asked} > ${limit}`;
  const told = `input length and \`max_tokens\` ${why}, decrease input length or \`max_tokens\``;
  return fail(400, "invalid_request_error", `${told} and try again`);
};
const model = (asked: number, most: number): ServerReply => {
  const why = `which is the maximum allowed number of output tokens for claude-test`;
  return fail(400, "invalid_request_error", `max_tokens: ${asked} > ${most}, ${why}`);
};

describe("a request that asks for more output tokens than fit", () => {
  it.each<[string, ServerReply, number]>([
    ["its context", context(188_240, 21_333), 11_760],
    ["its context, by one", context(199_999, 21_333), 1],
    ["its model", model(21_333, 4_096), 4_096],
  ])("is made once more with what fits: %s", async (_, refused, fits) => {
    await using bench = await startBench([refused, say("5")]);
    const { call, retries } = recordCall();
    const reply = await bench.model().call(request({ maxTokens: 21_333 }), call);
    expect(reply).toMatchObject({ content: [{ text: "5" }], usage: { inputTokens: 10 } });
    const asked = bench.server.requests.map(({ body }) => body.max_tokens);
    expect(asked).toEqual([21_333, fits]);
    expect(retries).toMatchObject([{ attempt: 1, delayMs: 0, error: { code: "MODEL_FAILED" } }]);
  });

  it("thinks as much as fits then", async () => {
    await using bench = await startBench([context(197_000, 8_192), say("5")]);
    const thinking = { type: "enabled", budget_tokens: 6_000 };
    await bench.model({ thinking }).call(request({ maxTokens: 8_192 }), recordCall().call);
    const { body } = bench.server.requests[1]!;
    expect(body.max_tokens).toBe(3_000);
    expect(body.thinking?.budget_tokens).toBeLessThan(3_000);
  });

  it.each<[string, ServerReply]>([
    ["nothing fits", context(200_000, 1_000)],
    ["less than nothing fits", context(210_000, 1_000)],
    ["more would fit than was asked for", context(100, 1_000)],
    ["its prompt alone is too long", fail(400, "invalid_request_error", "prompt is too long")],
    ["another status says so", { ...context(188_240, 1_000), status: 404 } as ServerReply],
  ])("is not made again where %s", async (_, refused) => {
    await using bench = await startBench([refused, say("5")]);
    const { call, retries } = recordCall();
    const { error } = await failureOf(bench.model().call(request({ maxTokens: 1_000 }), call));
    expect(error).toMatchObject({ code: "MODEL_FAILED", details: { attempts: 1 } });
    expect([bench.server.requests.length, retries]).toEqual([1, []]);
  });

  it("is made once more and not twice, and costs nothing", async () => {
    const replies = [context(188_240, 21_333), context(188_250, 11_760), say("5")];
    await using bench = await startBench(replies);
    const { call, retries } = recordCall();
    const failure = await failureOf(bench.model().call(request({ maxTokens: 21_333 }), call));
    expect(failure).toMatchObject({
      error: { details: { status: 400, attempts: 2 } },
      usage: { inputTokens: 0, outputTokens: 0 },
      partial: false,
    });
    expect(retries).toHaveLength(1);
  });

  it("asks for what fits in its retries as well", async () => {
    const replies = [context(188_240, 21_333), overloaded(), say("5")];
    await using bench = await startBench(replies);
    const { call, retries } = recordCall();
    const answer = bench.model().call(request({ maxTokens: 21_333 }), call);
    await bench.passWaits(1);
    await answer;
    const asked = bench.server.requests.map(({ body }) => body.max_tokens);
    expect(asked).toEqual([21_333, 11_760, 11_760]);
    expect(retries).toHaveLength(2);
  });
});
