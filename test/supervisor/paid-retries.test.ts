import { describe, expect, it } from "vitest";
import type { AgentSpec, AnyEvent, ModelSpec, SupervisorOptions } from "../../src/index.ts";
import { ManualClock } from "../../src/testing/manual-clock.ts";
import {
  breakOff,
  cut,
  endEarly,
  overloaded,
  rateLimited,
  type ServerReply,
  say,
  startMessagesServer,
} from "../fixtures/messages-server.ts";
import { expectAtRest, type OpenSupervisor, openSupervisor } from "./open-supervisor.ts";

process.env.ANTHROPIC_API_KEY = "sk-ant-test";

const machine = new URL("../fixtures/supervisor/asks-model.ts", import.meta.url).href;
const MODEL = "claude-sonnet-4-5";
/** 0.15 dollars of input, at three dollars per million tokens. */
const DEAR = { input: 50_000, output: 5 };
const broken = cut(say("half an answer", { usage: DEAR }), 4);

interface AskOptions extends Omit<SupervisorOptions, "clock"> {
  readonly spec?: Partial<AgentSpec>;
  readonly model?: Partial<ModelSpec>;
  readonly clock?: ManualClock;
}

/** Runs one agent of a server that answers so, its waits being passed at once. */
async function ask(
  replies: readonly ServerReply[],
  { spec = {}, model = {}, ...options }: AskOptions = {},
) {
  const server = await startMessagesServer({
    reply: (_, n) => replies[n] ?? (replies.at(-1) as ServerReply),
  });
  const { clock = new ManualClock() } = options;
  const open = await openSupervisor({ threads: 0, ...options, clock });
  const delays: number[] = [];
  open.supervisor.on("model.retried", ({ delayMs }) => {
    delays.push(delayMs);
    setImmediate(() => clock.advance(delayMs));
  });
  const agent: AgentSpec = {
    model: { provider: "anthropic", model: MODEL, baseUrl: server.url, ...model } as ModelSpec,
    ...spec,
  };
  const outcome = await open.supervisor.run(agent, { input: "go" });
  return {
    ...{ open, outcome, delays, server, clock },
    [Symbol.asyncDispose]: async () => {
      await open[Symbol.asyncDispose]();
      await server.close();
    },
  };
}

/** The events of model calls, in order, and that their dollars are what was charged. */
function expectPaid({ seen, supervisor }: OpenSupervisor): readonly string[] {
  const told = seen.reduce((sum, { type, usd }) => {
    return type === "model.finished" ? sum + Math.round(Number(usd ?? 0) * 1e9) : sum;
  }, 0);
  expect(told).toBe(Math.round(supervisor.usage().usd * 1e9));
  return seen.flatMap(({ type }) => (type.startsWith("model.") ? [type.slice(6)] : []));
}

const finished = (seen: readonly AnyEvent[]) =>
  seen.filter(({ type }) => type === "model.finished");

describe("a stream that is cut again and again", () => {
  it.each([{}, { machine }])(
    "is two requests where a third is not affordable, %j",
    async (spec) => {
      await using run = await ask([broken], { budget: { usd: 0.3 }, spec });
      expect(run.outcome).toMatchObject(
        "machine" in spec
          ? { output: { isError: true, error: { code: "BUDGET_EXCEEDED" } } }
          : { status: "exhausted", unit: "usd", partial: "half a" },
      );
      expect(run.server.requests).toHaveLength(2);
      const { spent, reserved } = run.open.supervisor.budget().usd;
      expect(reserved).toBe(0);
      expect(spent).toBeGreaterThanOrEqual(0.3);
      expect(spent).toBeLessThan(0.301);
      expectPaid(run.open);
      expectAtRest(run.open);
    },
  );

  it("is four requests where all are affordable, each with its events", async () => {
    await using run = await ask([broken]);
    const { error } = run.outcome as { error?: { details: object } };
    expect(run.outcome).toMatchObject({ status: "failed", partial: "half a" });
    expect(error?.details).toMatchObject({ attempts: 4 });
    expect(run.server.requests).toHaveLength(4);
    const round = ["started", "finished", "retried"];
    expect(expectPaid(run.open)).toEqual([...round, ...round, ...round, "started", "finished"]);
    const codes = finished(run.open.seen).map(({ isError, partial, code, usage }) => {
      return [isError, partial, code, (usage as { inputTokens: number }).inputTokens];
    });
    expect(codes).toEqual(Array.from({ length: 4 }, () => [true, true, "MODEL_FAILED", 50_000]));
    expect(run.outcome.usage).toMatchObject({ modelCalls: 1, inputTokens: 200_000 });
    expectAtRest(run.open);
  });

  it("goes on counting across attempts that cost nothing, of which none has an end", async () => {
    const replies = [overloaded(), broken, overloaded(), broken, say("never")];
    await using run = await ask(replies);
    expect(run.outcome).toMatchObject({ status: "failed", partial: "half a" });
    expect(run.server.requests).toHaveLength(4);
    const [plain, paid] = [["retried"], ["finished", "retried", "started"]];
    const told = ["started", ...plain, ...paid, ...plain, "finished"];
    expect(expectPaid(run.open)).toEqual(told);
    const attempts = run.open.seen.flatMap(({ type, attempt }) => {
      return type === "model.retried" || type === "model.started" ? [attempt] : [];
    });
    expect(attempts).toEqual([undefined, 1, 2, 3, 3]);
    const limits = [500, 1_000, 2_000];
    for (const [n, delay] of run.delays.entries()) {
      expect(delay).toBeGreaterThanOrEqual((limits[n] as number) * 0.75);
      expect(delay).toBeLessThanOrEqual(limits[n] as number);
    }
  });
});

describe("a call that is asked for once more", () => {
  const half: [string, ServerReply][] = [
    ["a socket destroyed", broken],
    ["a response that ends", endEarly(say("half an answer", { usage: DEAR }), 4)],
    ["an error midway", breakOff(say("half an answer", { usage: DEAR }), 4, "overloaded_error")],
    ["a response of nothing", cut(say("never"), 0)],
  ];

  it.each(half)("after %s is one call and one turn", async (_, reply) => {
    const spec = { limits: { turns: 1 } };
    await using run = await ask([reply, say("done")], { budget: { modelCalls: 1 }, spec });
    expect(run.outcome).toMatchObject({ status: "completed", output: "done" });
    expect(run.outcome.usage.modelCalls).toBe(1);
    expect(expectPaid(run.open)).toHaveLength(5);
    expectAtRest(run.open);
  });

  it.each([{}, { machine }])("is counted once on a grant, %j", async (spec) => {
    const grants = [{ allow: "model:*", uses: 1 }];
    await using run = await ask([broken, broken, say("done")], { grants, spec });
    expect(JSON.stringify(run.outcome)).toContain("done");
    expect(run.server.requests).toHaveLength(3);
    const { supervisor } = run.open;
    const none = await supervisor.run({ model: `anthropic:${MODEL}` }, { input: "go" });
    expect(none).toMatchObject({ error: { code: "CAPABILITY_DENIED" } });
  });

  it("is allowed by a person once", async () => {
    const asked: string[] = [];
    await using run = await ask([broken, say("done")], {
      grants: [{ allow: "model:*", ask: true }],
      approve: ({ subject }) => {
        asked.push(subject);
        return { allow: true };
      },
    });
    expect(run.outcome).toMatchObject({ status: "completed" });
    expect(asked).toEqual([`model:anthropic:${MODEL}`]);
  });

  it.each([true, false])(
    "asks for more where its budget says so, and is told %s",
    async (allow) => {
      const asked: string[] = [];
      await using run = await ask(
        [cut(say("word ".repeat(400), { usage: DEAR }), 300), say("done")],
        {
          budget: { usd: 0.159, onExceeded: "ask" },
          model: { maxTokens: 500 },
          approve: ({ kind, subject }) => {
            asked.push(`${kind} ${subject}`);
            return { allow, answer: 1 };
          },
        },
      );
      expect(asked).toEqual(["budget budget:usd"]);
      expect(run.outcome).toMatchObject(
        allow ? { status: "completed", output: "done" } : { status: "exhausted", unit: "usd" },
      );
      expect(run.server.requests).toHaveLength(allow ? 2 : 1);
      expectPaid(run.open);
      expectAtRest(run.open);
    },
  );

  it("waits as long as its service says", async () => {
    const late = { ...rateLimited("0.05") };
    await using run = await ask([late, broken, late, say("done")]);
    expect(run.outcome).toMatchObject({ status: "completed" });
    expect(run.delays.map((delay) => delay === 50)).toEqual([true, false, true]);
  });

  it("is bounded by what one call may cost, each by itself", async () => {
    const budget = { perAction: { usd: 0.2 } };
    const model = { maxTokens: 1_000 };
    await using run = await ask([broken, broken, say("done")], { budget, model });
    expect(run.outcome).toMatchObject({ status: "completed", usage: { modelCalls: 1 } });
    const little = { budget: { perAction: { usd: 0.15 } }, model };
    await using other = await ask([broken], little);
    expect(other.outcome).toMatchObject({ status: "exhausted", unit: "usd" });
    expect(other.server.requests).toHaveLength(1);
  });

  it("is refused by a window that the first attempt has used up, and not by the next", async () => {
    const budget = { windows: [{ everyMs: 86_400_000, usd: 0.28 }] };
    const requests: number[] = [];
    for (const now of [Date.UTC(2026, 0, 1, 12), Date.UTC(2026, 0, 1, 23, 59, 59, 900)]) {
      await using run = await ask([broken], { budget, clock: new ManualClock(now) });
      expect(run.outcome).toMatchObject({ status: "exhausted", unit: "usd" });
      expect(run.outcome.usage.modelCalls).toBe(1);
      requests.push(run.server.requests.length);
      expectPaid(run.open);
    }
    expect(requests).toEqual([2, 3]);
  });

  it("falls back to the next model once its attempts are used up", async () => {
    const server = await startMessagesServer({
      reply: ({ body }) => (body.model === MODEL ? broken : say("from the other")),
    });
    const other = {
      provider: "anthropic",
      model: "claude-haiku-4-5",
      baseUrl: server.url,
    } as const;
    await using run = await ask([broken], { spec: { fallback: other } });
    expect(run.outcome).toMatchObject({ status: "completed", output: "from the other" });
    expect(run.outcome.usage.modelCalls).toBe(2);
    expect(finished(run.open.seen)).toHaveLength(5);
    expectPaid(run.open);
    await server.close();
  });

  it("is no failure for its breaker before its last attempt", async () => {
    const breaker = { failures: 1, openMs: 30_000 };
    await using run = await ask([broken, broken, say("done")], { breaker });
    expect(run.outcome).toMatchObject({ status: "completed" });
  });
});
