import { describe, expect, it } from "vitest";
import { CoppiceError } from "../../src/errors.ts";
import { checkModelModule, type ModelFunction, moduleModel } from "../../src/models/module.ts";
import { ManualClock } from "../../src/testing/manual-clock.ts";
import { likelyTokens } from "../../src/wire/likely-tokens.ts";
import { failureOf, recordCall, request } from "./recorded-call.ts";

const url = "file:///models/thinker.ts";
const WORDS = "word ".repeat(100);
const USED = { inputTokens: 7, outputTokens: 3 };
const policy = { clock: new ManualClock(), chance: () => 0 };

function modelOf(exported: ModelFunction | (() => unknown), options = {}) {
  return moduleModel({ provider: url, ...options }, async () => ({ default: exported }), policy);
}

function nested(levels: number): object {
  return levels === 0 ? {} : { below: nested(levels - 1) };
}

async function* stream(...deltas: unknown[]) {
  yield* deltas;
}

describe("a module model", () => {
  it("is asked with the conversation, its tools and the other fields of its spec", async () => {
    const inputSchema = { type: "object" };
    const tools = [{ subject: "fs/read", name: "fs__read", description: "Reads", inputSchema }];
    const asked = request({ system: "Be brief.", tools, turn: 3 });
    const seen: unknown[] = [];
    const model = modelOf(
      (question) => {
        seen.push(question);
        return "ok";
      },
      { style: "terse" },
    );
    await model.call(asked, recordCall().call);
    expect(seen).toEqual([
      {
        system: "Be brief.",
        messages: asked.messages,
        tools: [{ name: "fs__read", description: "Reads", inputSchema }],
        maxTokens: 1_000,
        turn: 3,
        options: { style: "terse" },
      },
    ]);
  });

  it.each<[string, unknown, object]>([
    ["a string", "5", { content: [{ type: "text", text: "5" }], stopReason: "end_turn" }],
    ["a text", { text: "5" }, { content: [{ type: "text", text: "5" }] }],
    ["nothing to say", {}, { content: [], stopReason: "end_turn" }],
    [
      "tool calls",
      { text: "a", toolCalls: [{ name: "add", input: { a: 1 } }, { name: "now" }] },
      {
        stopReason: "tool_use",
        content: [
          { type: "text", text: "a" },
          { type: "tool_use", id: "call_0_1", name: "add", input: { a: 1 } },
          { type: "tool_use", id: "call_0_2", name: "now", input: {} },
        ],
      },
    ],
    [
      "its usage and stop reason",
      { text: "5", usage: { inputTokens: 7, outputTokens: 3 }, stopReason: "max_tokens" },
      { stopReason: "max_tokens", usage: { inputTokens: 7, outputTokens: 3, cacheReadTokens: 0 } },
    ],
    [
      "content blocks",
      {
        content: [
          { type: "thinking", thinking: "hm", signature: "s" },
          { type: "tool_use", name: "add", input: {} },
          { type: "tool_use", id: "mine", name: "add", input: {} },
        ],
      },
      {
        stopReason: "tool_use",
        content: [{ type: "thinking" }, { id: "call_0_1" }, { id: "mine", name: "add" }],
      },
    ],
  ])("answers with %s, at once or later", async (_, answer, expected) => {
    expect(await modelOf(() => answer).call(request(), recordCall().call)).toMatchObject(expected);
    const later = modelOf(async () => answer);
    expect(await later.call(request(), recordCall().call)).toMatchObject(expected);
  });

  it("streams deltas of every kind, from a generator or a promise of one", async () => {
    const said = () =>
      stream(
        "Ad",
        { text: "ding." },
        { toolCall: { name: "add", input: { a: 1 } } },
        {
          usage: { inputTokens: 1, outputTokens: 1 },
        },
        { usage: { inputTokens: 7, outputTokens: 3 } },
      );
    for (const model of [modelOf(said), modelOf(async () => said())]) {
      const { call, deltas } = recordCall();
      expect(await model.call(request({ turn: 2 }), call)).toEqual({
        content: [
          { type: "text", text: "Adding." },
          { type: "tool_use", id: "call_2_1", name: "add", input: { a: 1 } },
        ],
        stopReason: "tool_use",
        usage: { inputTokens: 7, outputTokens: 3, cacheReadTokens: 0, cacheWriteTokens: 0 },
      });
      expect(deltas).toEqual(["Ad", "ding."]);
    }
  });

  it("cannot change a tool call after it answered", async () => {
    const input = { a: 1 };
    const reply = await modelOf(() => ({ toolCalls: [{ name: "add", input }] })).call(
      request(),
      recordCall().call,
    );
    input.a = 2;
    expect(reply.content[0]).toMatchObject({ input: { a: 1 } });
  });

  it.each<[unknown, string]>([
    [undefined, "undefined"],
    [null, "null"],
    [5, "5"],
    [["a"], "not an object"],
    [{ text: 5 }, "text is 5, not a string"],
    [{ toolcalls: [] }, "unknown field `toolcalls`"],
    [{ toolCalls: {} }, "toolCalls is {}, not an array"],
    [{ toolCalls: [{ input: {} }] }, "toolCalls[0].name is missing"],
    [{ toolCalls: [{ name: "", input: {} }] }, "toolCalls[0].name is empty"],
    [{ toolCalls: [{ name: "add", input: { a: 1n } }] }, "toolCalls[0].input is not JSON"],
    [{ toolCalls: [{ name: "add", input: () => 1 }] }, "toolCalls[0].input is not JSON"],
    [{ usage: { inputTokens: -1, outputTokens: 0 } }, "whole numbers from 0 to 100000000, not -1"],
    [{ usage: { inputTokens: Number.NaN, outputTokens: 0 } }, "whole numbers"],
    [{ usage: { inputTokens: 1 } }, "whole numbers"],
    [{ usage: { inputTokens: 100_000_001, outputTokens: 0 } }, "from 0 to 100000000, not 1000"],
    [{ toolCalls: [{ name: "add", input: nested(201) }] }, "nests deeper than 200 levels"],
    [{ content: [{ type: "image" }] }, "content[0].type is none of"],
    [{ content: [{ type: "text" }] }, "content[0].text is missing"],
    [{ content: [], text: "a" }, "return one or the other"],
    [{ text: "a", stopReason: 5 }, "stopReason is 5"],
  ])("that gives bad reply number %$ fails and says what is wrong", async (answer, told) => {
    const { error } = await failureOf(modelOf(() => answer).call(request(), recordCall().call));
    expect(error.code).toBe("MODEL_FAILED");
    expect(error.message).toContain(told);
  });

  it("that streams a bad delta fails with what it said until then", async () => {
    const usage = { inputTokens: 7, outputTokens: 3 };
    const model = modelOf(() => stream("half", { usage }, { tool: "add" }));
    const failure = await failureOf(model.call(request(), recordCall().call));
    expect(failure.error.message).toContain("unknown field `tool`");
    expect(failure).toMatchObject({ partialText: "half", partial: true, usage });
  });

  it("takes back no figure that it reported", async () => {
    const first = { inputTokens: 5_000, outputTokens: 1, cacheReadTokens: 3 };
    const model = modelOf(() =>
      stream({ usage: first }, "a", { usage: { inputTokens: 0, outputTokens: 9 } }),
    );
    const { usage } = await model.call(request(), recordCall().call);
    expect(usage).toEqual({ ...first, outputTokens: 9, cacheWriteTokens: 0 });
  });

  it("has used what was seen behind the last figure that it reported", async () => {
    const early = await modelOf(() => stream({ usage: USED }, WORDS)).call(
      request(),
      recordCall().call,
    );
    expect(early.usage).toMatchObject({ inputTokens: 7, outputTokens: likelyTokens(WORDS) });
    const late = modelOf(() => stream(WORDS, { usage: USED }, { stopReason: "max_tokens" }));
    expect((await late.call(request(), recordCall().call)).usage).toMatchObject(USED);
  });

  it.each<[string, object, object]>([
    ["a bad usage", { text: WORDS, usage: { inputTokens: Number.NaN } }, {}],
    ["a bad field", { text: WORDS, usage: USED, more: 1 }, { inputTokens: 7 }],
    ["a bad block", { content: [{ type: "text", text: WORDS }, { type: "image" }] }, {}],
    ["a bad call", { toolCalls: [{ name: "add", input: { WORDS } }, {}], usage: USED }, {}],
  ])(
    "that gives a reply with %s has used what it said and what was seen",
    async (_, reply, more) => {
      for (const answer of [() => reply, () => stream(reply)]) {
        const failure = await failureOf(modelOf(answer).call(request(), recordCall().call));
        expect(failure).toMatchObject({ partial: true, usage: more });
        expect(failure.usage.outputTokens).toBeGreaterThanOrEqual(likelyTokens(WORDS));
      }
    },
  );

  it("that throws fails with what it threw, and where", async () => {
    const model = modelOf(() => {
      throw new TypeError("no such file");
    });
    const { error } = await failureOf(model.call(request(), recordCall().call));
    expect(error).toMatchObject({ code: "MODEL_FAILED", details: { module: url } });
    expect(error.message).toContain("no such file");
    expect(error.details.stack).toContain("module.test.ts");
  });

  it("that streams without end is stopped", async () => {
    const chunk = "x".repeat(1_000_000);
    let returned = false;
    async function* forever() {
      try {
        for (;;) yield chunk;
      } finally {
        returned = true;
      }
    }
    const { error } = await failureOf(modelOf(forever).call(request(), recordCall().call));
    expect(error.message).toContain("10000000 characters");
    expect(returned).toBe(true);
  });
});

describe("aborting a module model", () => {
  const never = new Promise<never>(() => undefined);

  it.each<[string, () => unknown]>([
    ["that never answers", () => never],
    [
      "whose stream has gone silent",
      async function* () {
        yield await never;
      },
    ],
  ])("%s rejects at once", async (_, exported) => {
    const controller = new AbortController();
    const failure = failureOf(
      modelOf(exported).call(request(), recordCall(controller.signal).call),
    );
    controller.abort("enough");
    expect((await failure).error.code).toBe("CANCELLED");
  });

  it("keeps what it streamed, and closes its stream", async () => {
    const closed = Promise.withResolvers<void>();
    async function* speak(_: unknown, { signal }: { signal: AbortSignal }) {
      try {
        yield "half";
        await new Promise((resolve) => signal.addEventListener("abort", resolve));
        yield "whole";
      } finally {
        closed.resolve();
      }
    }
    const controller = new AbortController();
    const recorded = recordCall(controller.signal);
    const spoke = Promise.withResolvers<void>();
    const call = { ...recorded.call, onText: () => spoke.resolve() };
    const failure = failureOf(modelOf(speak as ModelFunction).call(request(), call));
    await spoke.promise;
    controller.abort();
    expect(await failure).toMatchObject({ partialText: "half", error: { code: "CANCELLED" } });
    await closed.promise;
  });

  it("does not let a late rejection of the module escape", async () => {
    const late = Promise.withResolvers<never>();
    const controller = new AbortController();
    const model = modelOf(() => late.promise);
    const failure = failureOf(model.call(request(), recordCall(controller.signal).call));
    await new Promise((resolve) => setImmediate(resolve));
    controller.abort();
    await failure;
    const escaped: unknown[] = [];
    const watch = (reason: unknown) => escaped.push(reason);
    process.on("unhandledRejection", watch);
    late.reject(new Error("too late"));
    await new Promise((resolve) => setImmediate(resolve));
    process.off("unhandledRejection", watch);
    expect(escaped).toEqual([]);
  });
});

describe("the module of a model", () => {
  it("is imported at the first call, once", async () => {
    let imports = 0;
    const model = moduleModel(
      { provider: url },
      async () => {
        imports += 1;
        return { default: () => "ok" };
      },
      policy,
    );
    expect(imports).toBe(0);
    await Promise.all([0, 1].map((turn) => model.call(request({ turn }), recordCall().call)));
    expect(imports).toBe(1);
  });

  it("that cannot be imported is tried again at the next call", async () => {
    let imports = 0;
    const model = moduleModel(
      { provider: url },
      async () => {
        imports += 1;
        if (imports === 1) throw new Error("Cannot find module");
        return { default: () => "ok" };
      },
      policy,
    );
    const failure = await failureOf(model.call(request(), recordCall().call));
    const { error, partial } = failure;
    expect(error.code).toBe("OPTIONS_INVALID");
    expect(error.message).toContain("Cannot find module");
    expect(partial).toBe(false);
    expect(await model.call(request(), recordCall().call)).toMatchObject({ content: [{}] });
  });

  it.each([undefined, null, {}, { default: {} }, { default: "model" }, { call: () => "ok" }])(
    "that exports %j is refused",
    async (namespace) => {
      expect(() => checkModelModule(namespace, url)).toThrow(CoppiceError);
      const model = moduleModel({ provider: url }, async () => namespace, policy);
      const { error } = await failureOf(model.call(request(), recordCall().call));
      expect(error.code).toBe("OPTIONS_INVALID");
      expect(error.message).toContain("default-export a function");
    },
  );

  it("that default-exports a function is accepted", () => {
    expect(() => checkModelModule({ default: () => "ok" })).not.toThrow();
  });
});
