import { SpanKind, SpanStatusCode, trace } from "@opentelemetry/api";
import { afterAll, beforeEach, describe, expect, it } from "vitest";
import { defineTool, Supervisor, type SupervisorOptions } from "../../src/index.ts";
import { registerSdk, treeOf, unregisterSdk } from "./sdk.ts";

const sdk = registerSdk();
beforeEach(() => sdk.forget());
afterAll(unregisterSdk);

const tracer = trace.getTracer("the embedder");
const look = defineTool({
  name: "look",
  description: "Looks something up",
  input: { type: "object", properties: { fails: { type: "boolean" } } },
  async execute({ fails }) {
    await Promise.resolve();
    tracer.startSpan("in the tool").end();
    if (fails === true) throw new Error("nothing there");
    return 7;
  },
});
const call = (name: string, input: object = {}) => ({ name, input: { ...input } });
const usage = { inputTokens: 10, outputTokens: 4 };
const hang = defineTool({
  name: "hang",
  description: "Never answers",
  input: { type: "object" },
  execute: () => new Promise<string>(() => {}),
});

/** A lead that spawns a reader, which calls a tool. */
const family: SupervisorOptions = {
  tools: [look, hang],
  agents: {
    lead: {
      agents: ["reader"],
      labels: { tenant: "acme" },
      model: {
        provider: "scripted",
        steps: [
          { toolCalls: [call("spawn_agent", { agent: "reader", input: "Read." })], usage },
          { text: "Done.", usage },
        ],
      },
    },
    reader: {
      tools: ["look"],
      model: {
        provider: "scripted",
        steps: [
          { toolCalls: [call("look")], usage },
          { text: "7", usage },
        ],
      },
    },
  },
};

const calling = (name: string, input: object = {}) => ({
  name: "caller",
  tools: ["look", "hang"],
  model: {
    provider: "scripted" as const,
    steps: [{ toolCalls: [call(name, input)] }, { text: "Done." }],
  },
});

const named = (name: string) => {
  const span = sdk.spans().find((one) => one.name === name);
  if (span === undefined) throw new Error(`no span is called ${name}`);
  return span;
};

describe("the spans of a run", () => {
  it.each([0, 1, 2])(
    "are one tree below what was active at run(), on %i threads",
    async (threads) => {
      await using supervisor = await Supervisor.start({ ...family, threads });
      await tracer.startActiveSpan("request", async (request) => {
        await supervisor.run("lead", { input: "Go." });
        request.end();
      });
      expect(treeOf(sdk.spans())).toEqual([
        [
          "request",
          [
            "invoke_agent lead",
            "chat scripted",
            [
              "invoke_agent reader",
              "chat scripted",
              ["execute_tool look", "in the tool"],
              "chat scripted",
            ],
            "chat scripted",
          ],
        ],
      ]);
      expect(new Set(sdk.spans().map((span) => span.spanContext().traceId)).size).toBe(1);
    },
  );

  it("belong to the run that was asked for, also when several run at once", async () => {
    await using supervisor = await Supervisor.start({ ...family, threads: 2 });
    const runs = Array.from({ length: 20 }, (_, n) =>
      tracer.startActiveSpan(`request ${n}`, async (request) => {
        const { path } = await supervisor.run("lead", { input: "Go.", name: `lead-${n}` });
        request.end();
        return path;
      }),
    );
    await Promise.all(runs);
    for (let n = 0; n < 20; n++) {
      const { traceId } = named(`request ${n}`).spanContext();
      const own = sdk.spans().filter((span) => span.spanContext().traceId === traceId);
      expect(own).toHaveLength(9);
      const ids = own.map(({ attributes }) => attributes["gen_ai.agent.id"]).filter(Boolean);
      expect(ids.toSorted()).toEqual([`/lead-${n}`, `/lead-${n}/reader`]);
    }
  });

  it("of a run that a tool began are below that tool's call", async () => {
    const delegate = defineTool({
      name: "delegate",
      description: "Begins a run of its own",
      input: { type: "object" },
      execute: async () => (await supervisor.run("reader", { input: "Read." })).status,
    });
    await using supervisor: Supervisor = await Supervisor.start({
      ...family,
      tools: [look, delegate],
      threads: 1,
    });
    const spec = { ...calling("delegate"), tools: ["delegate"] };
    await supervisor.run(spec, { input: "Go." });
    expect(treeOf(sdk.spans())).toEqual([
      [
        "invoke_agent caller",
        "chat scripted",
        [
          "execute_tool delegate",
          [
            "invoke_agent reader",
            "chat scripted",
            ["execute_tool look", "in the tool"],
            "chat scripted",
          ],
        ],
        "chat scripted",
      ],
    ]);
  });

  it("carry the attributes of the conventions", async () => {
    await using supervisor = await Supervisor.start({ ...family, threads: 1 });
    await supervisor.run("lead", { input: "Go." });
    const lead = named("invoke_agent lead");
    expect(lead.kind).toBe(SpanKind.INTERNAL);
    expect(lead.attributes).toMatchObject({
      "gen_ai.operation.name": "invoke_agent",
      "gen_ai.agent.name": "lead",
      "gen_ai.agent.id": "/lead",
      "gen_ai.request.model": "scripted",
      "coppice.label.tenant": "acme",
      "coppice.outcome": "completed",
      "coppice.usage.modelCalls": 4,
    });
    expect(lead.attributes["coppice.host"]).toMatch(/^library-/);
    expect(named("invoke_agent reader").attributes).toMatchObject({
      "gen_ai.agent.id": "/lead/reader",
      "coppice.label.tenant": "acme",
    });
    const chat = named("chat scripted");
    expect(chat.kind).toBe(SpanKind.CLIENT);
    expect(chat.attributes).toMatchObject({
      "gen_ai.operation.name": "chat",
      "gen_ai.provider.name": "scripted",
      "gen_ai.request.model": "scripted",
      "gen_ai.agent.name": "lead",
      "gen_ai.usage.input_tokens": 10,
      "gen_ai.usage.output_tokens": 4,
      "gen_ai.usage.cache_read.input_tokens": 0,
    });
    const tool = named("execute_tool look");
    expect(tool.attributes).toMatchObject({
      "gen_ai.operation.name": "execute_tool",
      "gen_ai.tool.name": "look",
      "gen_ai.tool.type": "function",
      "gen_ai.agent.name": "reader",
    });
    expect(tool.attributes["gen_ai.tool.call.id"]).toEqual(expect.any(String));
    for (const { status } of sdk.spans()) expect(status.code).toBe(SpanStatusCode.UNSET);
  });

  it("name the model that answered in place of one that failed", async () => {
    const provider = new URL("../fixtures/supervisor/echo-model.ts", import.meta.url).href;
    await using supervisor = await Supervisor.start({ threads: 0 });
    const model = { provider: "scripted" as const, steps: [{ error: "down" }] };
    const spec = { name: "backed", model, fallback: { provider, model: "echo" } };
    await supervisor.run(spec, { input: "Go." });
    expect(treeOf(sdk.spans())).toEqual([["invoke_agent backed", "chat scripted", "chat echo"]]);
    expect(named("chat echo").attributes["gen_ai.provider.name"]).toBe("module");
  });

  it("say what failed, and do not call a cancelled agent failed", async () => {
    await using supervisor = await Supervisor.start({ ...family, threads: 1 });
    await supervisor.run(calling("look", { fails: true }), { input: "Go." });
    const failed = named("execute_tool look");
    expect(failed.status.code).toBe(SpanStatusCode.ERROR);
    expect(failed.status.message).toContain("nothing there");
    expect(failed.attributes["error.type"]).toBe("TOOL_FAILED");
    expect(named("invoke_agent caller").status.code).toBe(SpanStatusCode.UNSET);
    sdk.forget();

    const broken = { provider: "scripted" as const, steps: [{ error: "overloaded" }] };
    await supervisor.run({ name: "broken", model: broken }, { input: "Go." });
    expect(named("chat scripted").attributes["error.type"]).toBe("MODEL_FAILED");
    expect(named("invoke_agent broken").attributes["error.type"]).toBe("MODEL_FAILED");
    expect(named("invoke_agent broken").status.code).toBe(SpanStatusCode.ERROR);
    sdk.forget();

    const ref = await supervisor.spawn(calling("hang"), { input: "Go." });
    await new Promise((resolve) => supervisor.once("tool.started", resolve));
    await ref.cancel("enough");
    for (const name of ["execute_tool hang", "invoke_agent caller"]) {
      expect(named(name).status.code).toBe(SpanStatusCode.UNSET);
      expect(named(name).attributes["coppice.outcome"]).toBe("cancelled");
    }
    sdk.forget();

    const late = await supervisor.run(calling("hang"), { input: "Go.", timeoutMs: 50 });
    expect(late.status).toBe("timed-out");
    expect(named("invoke_agent caller").attributes["error.type"]).toBe("timeout");
  });

  it("tell refusals on the agent that was refused", async () => {
    await using supervisor = await Supervisor.start({ ...family, threads: 1 });
    const spec = { ...calling("hang"), grants: ["model:*", { deny: "tool:*" }] };
    await supervisor.run(spec, { input: "Go." });
    const [refusal] = named("invoke_agent caller").events;
    expect(refusal?.name).toBe("tool.denied");
    expect(refusal?.attributes).toEqual({ "gen_ai.tool.name": "hang", code: "CAPABILITY_DENIED" });
  });
});
