import { describe, expect, it } from "vitest";
import type { AnyActorRef } from "xstate";
import { Arbiter, type Standing, type Verdict } from "../../src/authority/arbiter.ts";
import type { Budget, Grant, ModelSpec } from "../../src/wire/spec.ts";
import { wokenOf } from "./woken.ts";

const sonnet: ModelSpec = { provider: "anthropic", model: "claude-sonnet-4-5" };
const scripted: ModelSpec = { provider: "scripted", steps: [] };
const unknown: ModelSpec = { provider: "anthropic", model: "claude-next" };
const all: Grant[] = ["tool:*", "model:*", "spawn:*"];
const none = { inputTokens: 0, cacheReadTokens: 0, cacheWriteTokens: 0, outputTokens: 0 };

function open(arbiter: Arbiter, path: string, budget: Budget = {}, parent?: Standing): Standing {
  return arbiter.open({ path, parent, layers: [all], budgets: [budget] });
}

function refusal(verdict: Verdict) {
  if (verdict.status !== "refused") throw new Error(`it was ${verdict.status}`);
  const { code, details, message } = verdict.error;
  return { code, details, message, unit: verdict.unit };
}

describe("arbiter: tool calls", () => {
  it("allows fifty of two hundred to agents that race for fifty", () => {
    const arbiter = new Arbiter({ budget: { toolCalls: 50 } });
    const verdicts = Array.from({ length: 200 }, (_, n) =>
      arbiter.tool(open(arbiter, `/${n}`), { callId: `${n}`, tool: "add" }),
    );
    expect(verdicts.filter(({ status }) => status === "granted")).toHaveLength(50);
    const { code, details, unit } = refusal(verdicts[50]!);
    expect({ code, unit }).toEqual({ code: "BUDGET_EXCEEDED", unit: "toolCalls" });
    expect(details).toMatchObject({ node: "/", unit: "toolCalls", limit: 50, spent: 50, asked: 1 });
  });

  it("asks for the right first, and a denial takes nothing", () => {
    const arbiter = new Arbiter({ grants: ["tool:add"], budget: { toolCalls: 0 } });
    const standing = open(arbiter, "/a");
    const { code, details } = refusal(arbiter.tool(standing, { callId: "k", tool: "drop" }));
    expect({ code, details }).toEqual({
      code: "CAPABILITY_DENIED",
      details: { node: "/", subject: "tool:drop", path: "/a" },
    });
    expect(refusal(arbiter.tool(standing, { callId: "l", tool: "add" })).code).toBe(
      "BUDGET_EXCEEDED",
    );
    expect(arbiter.usage(standing).toolCalls).toBe(0);
  });

  it("counts a call whose tool began, and gives back one that never did", () => {
    const arbiter = new Arbiter();
    const standing = open(arbiter, "/a");
    for (const callId of ["done", "began", "idle"]) arbiter.tool(standing, { callId, tool: "add" });
    arbiter.settle("done");
    arbiter.release("began");
    arbiter.release("idle", { started: false });
    expect(arbiter.usage(standing).toolCalls).toBe(2);
  });
});

describe("arbiter: model calls", () => {
  const ask = { callId: "k", model: sonnet, inputTokens: 1_000, maxTokens: 8_192 };

  it.each([
    { budget: {}, maxTokens: 8_192 },
    { budget: { tokens: 9_192 }, maxTokens: 8_192 },
    { budget: { tokens: 9_191 }, maxTokens: 8_191 },
    { budget: { tokens: 2_024 }, maxTokens: 1_024 },
    { budget: { usd: 0.00375 + 0.015 * 2 }, maxTokens: 2_000 },
  ])("of at most 8192 get $maxTokens under $budget", ({ budget, maxTokens }) => {
    const arbiter = new Arbiter({ budget });
    const verdict = arbiter.model(open(arbiter, "/a"), ask);
    expect(verdict).toEqual({ status: "granted", maxTokens });
  });

  it.each([
    { budget: { tokens: 2_023 }, unit: "tokens", limit: 2_023 },
    { budget: { usd: 0.019 }, unit: "usd", limit: 0.019 },
    { budget: { usd: 0 }, unit: "usd", limit: 0 },
    { budget: { modelCalls: 0 }, unit: "modelCalls", limit: 0 },
  ])("are refused under $budget", ({ budget, unit, limit }) => {
    const arbiter = new Arbiter();
    const standing = open(arbiter, "/a", budget);
    const no = refusal(arbiter.model(standing, ask));
    expect(no).toMatchObject({ code: "BUDGET_EXCEEDED", unit, details: { node: "/a", limit } });
    expect(arbiter.budget(standing).tokens.reserved).toBe(0);
  });

  it("of a model that says less than 1,024 itself need only that", () => {
    const arbiter = new Arbiter({ budget: { tokens: 1_100 } });
    const verdict = arbiter.model(open(arbiter, "/a"), { ...ask, maxTokens: 100 });
    expect(verdict).toEqual({ status: "granted", maxTokens: 100 });
  });

  it("are charged what they used, in dollars and in tokens of both kinds", () => {
    const arbiter = new Arbiter({ budget: { usd: 1, tokens: 50_000 } });
    const parent = open(arbiter, "/a");
    const standing = open(arbiter, "/a/b", {}, parent);
    arbiter.model(standing, ask);
    expect(arbiter.budget(arbiter.root).tokens.reserved).toBe(9_192);
    const usage = { inputTokens: 10, cacheReadTokens: 20, cacheWriteTokens: 30, outputTokens: 40 };
    arbiter.settle("k", usage);
    const usd = (10 * 3 + 20 * 0.3 + 30 * 3.75 + 40 * 15) / 1e6;
    const used = { usd, inputTokens: 60, outputTokens: 40, toolCalls: 0, modelCalls: 1 };
    for (const at of [standing, parent, arbiter.root]) expect(arbiter.usage(at)).toEqual(used);
    expect(arbiter.ownUsage(standing)).toEqual(used);
    expect(arbiter.ownUsage(parent).modelCalls).toBe(0);
    expect(arbiter.budget(standing)).toMatchObject({
      usd: { limit: null, reserved: 0, spent: usd, remaining: 1 - usd },
      tokens: { limit: null, reserved: 0, spent: 100, remaining: 49_900 },
      toolCalls: { limit: null, remaining: null },
    });
  });

  it.each([undefined, { ...none, outputTokens: Number.NaN }, { ...none, inputTokens: -5 }])(
    "cost what was reserved when told %o",
    (usage) => {
      const arbiter = new Arbiter();
      const standing = open(arbiter, "/a");
      arbiter.model(standing, ask);
      arbiter.settle("k", usage);
      expect(arbiter.usage(standing)).toMatchObject({ inputTokens: 1_000, outputTokens: 8_192 });
    },
  );

  it("with figures that are no numbers of tokens are refused, not believed", () => {
    const arbiter = new Arbiter();
    const standing = open(arbiter, "/a");
    for (const inputTokens of [Number.NaN, -1, 1e300]) {
      expect(refusal(arbiter.model(standing, { ...ask, inputTokens })).code).toBe(
        "OPTIONS_INVALID",
      );
    }
  });

  it("of a script reserve exactly what the step says, and nothing when it says nothing", () => {
    const arbiter = new Arbiter({ budget: { tokens: 10, usd: 0 } });
    const standing = open(arbiter, "/a");
    const step = { ...ask, model: scripted };
    const ten = { ...none, inputTokens: 4, outputTokens: 6 };
    expect(arbiter.model(standing, { ...step, exact: none })).toEqual({
      status: "granted",
      maxTokens: 8_192,
    });
    arbiter.settle("k", none);
    expect(arbiter.model(standing, { ...step, exact: ten }).status).toBe("granted");
    expect(arbiter.model(standing, { ...step, callId: "l", exact: ten }).status).toBe("waiting");
    arbiter.settle("k", ten);
    expect(wokenOf(arbiter)).toMatchObject([{ callId: "l", verdict: { status: "refused" } }]);
    expect(arbiter.usage(standing)).toMatchObject({ usd: 0, inputTokens: 4, outputTokens: 6 });
  });

  it("without a known price are refused where dollars are bounded, and only there", () => {
    const arbiter = new Arbiter();
    const free = open(arbiter, "/free");
    const bounded = open(arbiter, "/bounded", { usd: 1 });
    const below = open(arbiter, "/bounded/below", {}, bounded);
    const call = { ...ask, model: unknown };
    expect(arbiter.model(free, call).status).toBe("granted");
    const no = refusal(arbiter.model(below, { ...call, callId: "l" }));
    expect(no).toMatchObject({ code: "OPTIONS_INVALID", details: { node: "/bounded" } });
    const options = { path: "/bounded/late", parent: bounded, layers: [all], budgets: [] };
    expect(() => arbiter.open({ ...options, models: [sonnet, unknown] })).toThrow(/claude-next/);
    expect(open(arbiter, "/bounded/late", {}, bounded).path).toBe("/bounded/late");
  });
});

describe("arbiter: waiting", () => {
  const ask = { model: sonnet, inputTokens: 0, maxTokens: 2_000 };

  it("ends in a verdict with what is left by then", () => {
    const arbiter = new Arbiter({ budget: { tokens: 3_000 } });
    const [a, b] = [open(arbiter, "/a"), open(arbiter, "/b")];
    arbiter.model(a, { ...ask, callId: "a" });
    expect(arbiter.model(b, { ...ask, callId: "b" })).toEqual({ status: "waiting" });
    expect(arbiter.takeWoken()).toEqual([]);
    arbiter.settle("a", { ...none, outputTokens: 1_500 });
    const verdict = { status: "granted", maxTokens: 1_500 };
    expect(arbiter.takeWoken()).toEqual([{ callId: "b", path: "/b" }]);
    expect([arbiter.takeWoken(), arbiter.usage(b).modelCalls]).toEqual([[], 0]);
    expect([arbiter.woke("b"), arbiter.usage(b).modelCalls]).toEqual([verdict, 1]);
    expect([arbiter.woke("b"), arbiter.woke("a")]).toEqual([undefined, undefined]);
  });

  it("leaves nothing behind when it is cancelled or its standing is closed", () => {
    const arbiter = new Arbiter({ budget: { tokens: 2_000 } });
    const [a, b] = [open(arbiter, "/a"), open(arbiter, "/b")];
    const inner = open(arbiter, "/b/c", {}, b);
    arbiter.model(a, { ...ask, callId: "a" });
    arbiter.model(inner, { ...ask, callId: "c" });
    arbiter.model(b, { ...ask, callId: "b" });
    arbiter.release("c");
    arbiter.close(b);
    arbiter.close(a);
    expect(arbiter.takeWoken()).toEqual([]);
    expect(arbiter.budget(arbiter.root).tokens).toMatchObject({ reserved: 0, spent: 0 });
    expect(arbiter.summary().budget).toMatchObject({ accounts: 1, held: 0, waiting: 0 });
    expect(refusal(arbiter.tool(inner, { callId: "t", tool: "x" })).code).toBe("AGENT_STOPPED");
  });
});

describe("arbiter: spawns, messages and warnings", () => {
  it("lets an agent spawn what every node above it may pass on", () => {
    const arbiter = new Arbiter({ grants: ["spawn:a"] });
    const standing = open(arbiter, "/x");
    expect(arbiter.spawn(standing, { template: "a" }).status).toBe("granted");
    expect(refusal(arbiter.spawn(standing, { template: "b" })).details).toMatchObject({
      node: "/",
    });
  });

  it("lets relatives write to each other unless denied, and strangers only by grant", () => {
    const arbiter = new Arbiter({ grants: ["message:/team/*", { deny: "message:/team/c" }] });
    const layers: Grant[][] = [["message:/team/far", { deny: "message:/team/b" }]];
    const team = arbiter.open({ path: "/team", layers, budgets: [] });
    const plain = arbiter.open({ path: "/team/a", parent: team, layers: [[]], budgets: [] });
    const holder = arbiter.open({ path: "/team/h", parent: team, layers, budgets: [] });
    const write = (from: Standing, to: string, relation: "sibling" | "other" | "parent") =>
      arbiter.message(from, { to, relation }).status;
    expect(write(plain, "/team/d", "sibling")).toBe("granted");
    expect(write(plain, "/team/b", "sibling")).toBe("refused");
    expect(write(plain, "/team/c", "sibling")).toBe("refused");
    expect(write(plain, "/team", "parent")).toBe("refused");
    expect(write(plain, "/team/far", "other")).toBe("refused");
    expect(write(holder, "/team/far", "other")).toBe("granted");
  });

  it("warns once, in the contract's units", () => {
    const arbiter = new Arbiter({ budget: { usd: 0.001, warnAt: 0.5 } });
    const standing = open(arbiter, "/a");
    const usage = { ...none, outputTokens: 40 };
    for (const callId of ["a", "b"]) {
      arbiter.model(standing, { callId, model: sonnet, inputTokens: 0, maxTokens: 10 });
      arbiter.settle(callId, usage);
    }
    const warning = { path: "/", unit: "usd", limit: 0.001, spent: 0.0006, by: "/a" };
    expect(arbiter.takeWarnings()).toEqual([warning]);
    expect(arbiter.takeWarnings()).toEqual([]);
  });

  it("shows its two actors to an inspector, in summaries", () => {
    const seen: string[] = [];
    const arbiter = new Arbiter({
      inspect: (event) => {
        if (event.type === "@xstate.actor") seen.push((event.actorRef as AnyActorRef).id);
      },
    });
    open(arbiter, "/a");
    expect(seen).toEqual(["budget", "capability"]);
    expect(arbiter.summary()).toMatchObject({ budget: { accounts: 2 }, capability: { nodes: 2 } });
  });
});
