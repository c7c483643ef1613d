import { describe, expect, it } from "vitest";
import { Arbiter, type Standing, type Verdict } from "../../src/authority/arbiter.ts";
import type { Budget, Grant, ModelSpec } from "../../src/wire/spec.ts";
import { wokenOf } from "./woken.ts";

const sonnet: ModelSpec = { provider: "anthropic", model: "claude-sonnet-4-5" };
const all: Grant[] = ["tool:*", "model:*", "spawn:*", "message:*"];
const none = { inputTokens: 0, cacheReadTokens: 0, cacheWriteTokens: 0, outputTokens: 0 };

interface Opened {
  readonly grants?: readonly Grant[];
  readonly parent?: Standing;
  readonly budget?: Budget;
}

function open(
  arbiter: Arbiter,
  path: string,
  { grants = all, parent, budget }: Opened = {},
): Standing {
  return arbiter.open({ path, parent, layers: [grants], budgets: budget ? [budget] : [] });
}

/** One agent below the root, and its calls by name. */
function agent(grants: readonly Grant[], more: Omit<Opened, "grants"> = {}) {
  const arbiter = new Arbiter();
  const standing = open(arbiter, "/a", { grants, ...more });
  let count = 0;
  const tool = (name: string, input = {}, approved = false) => {
    count += 1;
    return arbiter.tool(standing, { callId: `${count}`, tool: name, input, approved });
  };
  return { arbiter, standing, tool };
}

function why(verdict: Verdict): string {
  if (verdict.status !== "refused") throw new Error(`it was ${verdict.status}`);
  return `${verdict.error.code} ${verdict.error.message}`;
}

describe("ask: a person is asked", () => {
  const rm: Grant = { allow: "tool:rm", ask: true };

  it("before an allow, after a deny, whatever their order", () => {
    expect(agent(["tool:*", rm]).tool("rm").status).toBe("ask");
    expect(agent([rm, "tool:*"]).tool("rm").status).toBe("ask");
    expect(agent([rm, "tool:*"]).tool("ls").status).toBe("granted");
    expect(agent([rm, { deny: "tool:rm" }]).tool("rm").status).toBe("refused");
    expect(agent([rm]).tool("ls").status).toBe("refused");
  });

  it("once for the whole path, with every node that asks", () => {
    const arbiter = new Arbiter({ grants: [...all, rm] });
    const middle = open(arbiter, "/m");
    const standing = open(arbiter, "/m/a", { parent: middle, grants: [rm] });
    expect(arbiter.tool(standing, { callId: "k", tool: "rm" })).toEqual({
      status: "ask",
      subject: "tool:rm",
      reason: 'the grant "tool:rm" of /m/a asks before /m/a uses "tool:rm"',
      nodes: ["/m/a", "/"],
    });
    const lower = open(arbiter, "/m/b", { parent: middle, grants: [{ deny: "tool:rm" }] });
    expect(arbiter.tool(lower, { callId: "l", tool: "rm" }).status).toBe("refused");
    const bare = open(arbiter, "/n", { grants: [] });
    const below = open(arbiter, "/n/a", { parent: bare, grants: [rm] });
    expect(why(arbiter.tool(below, { callId: "m", tool: "rm" }))).toContain("no grant of /n");
  });

  it("only where its arguments may be concerned", () => {
    const where = { path: "path:/etc/**" };
    const { tool } = agent(["tool:*", { allow: "tool:rm", ask: true, where }]);
    expect(tool("rm", { path: "/tmp/x" }).status).toBe("granted");
    expect(tool("rm", { path: "/tmp/../etc/x" })).toMatchObject({
      status: "ask",
      input: { path: "/etc/x" },
    });
    expect(tool("rm", { path: ["/tmp/x", "/etc/x"] }).status).toBe("ask");
    expect(tool("rm", { path: "~/x" }).status).toBe("ask");
    const strict = agent([{ allow: "tool:rm", ask: true, where }]);
    expect(strict.tool("rm", { path: "/etc/x" }).status).toBe("ask");
    expect(strict.tool("rm", { path: ["/tmp/x", "/etc/x"] }).status).toBe("refused");
    expect(strict.tool("rm", { path: "~/x" }).status).toBe("refused");
  });

  it("also for spawns, models and messages", () => {
    const grants: Grant[] = ["spawn:*", "model:*", "message:*"].map((allow) => ({
      allow,
      ask: true,
    }));
    const { arbiter, standing } = agent(grants);
    const call = { callId: "k", model: sonnet, inputTokens: 1, maxTokens: 1 };
    const to = { to: "/b", relation: "sibling" } as const;
    expect(arbiter.spawn(standing, { template: "x" }).status).toBe("ask");
    expect(arbiter.model(standing, call).status).toBe("ask");
    expect(arbiter.message(standing, to).status).toBe("ask");
    expect(arbiter.spawn(standing, { template: "x", approved: true }).status).toBe("granted");
    expect(arbiter.model(standing, { ...call, approved: true }).status).toBe("granted");
    expect(arbiter.message(standing, { ...to, approved: true }).status).toBe("granted");
  });

  it("not when the budget would refuse it anyway, and nothing is reserved meanwhile", () => {
    const { arbiter, standing, tool } = agent([rm, { allow: "model:*", ask: true }], {
      budget: { toolCalls: 1, tokens: 2_000 },
    });
    const call = { callId: "m", model: sonnet, inputTokens: 0, maxTokens: 2_000 };
    expect(tool("rm").status).toBe("ask");
    expect(arbiter.model(standing, call).status).toBe("ask");
    expect(arbiter.budget(standing)).toMatchObject({
      toolCalls: { spent: 0, remaining: 1 },
      tokens: { reserved: 0 },
      modelCalls: { spent: 0 },
    });
    expect(arbiter.takeWarnings()).toEqual([]);
    expect(tool("rm", {}, true).status).toBe("granted");
    expect(why(tool("rm"))).toContain("BUDGET_EXCEEDED");
    expect(why(arbiter.model(standing, { ...call, inputTokens: 2_000 }))).toContain(
      "BUDGET_EXCEEDED",
    );
  });

  it("and after a yes everything is asked again: alive, rights, budget", () => {
    const { arbiter, standing, tool } = agent([rm], { budget: { toolCalls: 0 } });
    expect(why(tool("rm", {}, true))).toContain("BUDGET_EXCEEDED");
    arbiter.revoke(standing, "tool:rm");
    expect(why(tool("rm", {}, true))).toContain("revoked");
    arbiter.close(standing);
    expect(why(tool("rm", {}, true))).toContain("AGENT_STOPPED");
  });
});

describe("ask: answers that reach further", () => {
  const rm: Grant = { allow: "tool:*", ask: true };
  /** `/run/a/b` and its brother, and another run. */
  const tree = () => {
    const arbiter = new Arbiter({ grants: [rm] });
    const run = open(arbiter, "/run");
    const a = open(arbiter, "/run/a", { parent: run });
    const b = open(arbiter, "/run/a/b", { parent: a });
    const c = open(arbiter, "/run/c", { parent: run });
    const other = open(arbiter, "/other");
    const asks = (tool = "rm") =>
      [run, a, b, c, other].map(
        (standing) => arbiter.tool(standing, { callId: "k", tool }).status === "ask",
      );
    return { arbiter, a, other, run, asks };
  };

  it.each([
    ["once", [true, true, true, true, true]],
    ["agent", [true, false, true, true, true]],
    ["run", [false, false, false, false, true]],
    ["always", [false, false, false, false, false]],
  ] as const)("%s", (scope, expected) => {
    const { arbiter, a, asks } = tree();
    arbiter.remember(a, "tool:rm", scope);
    expect(asks()).toEqual(expected);
    expect(asks("cp")).toEqual(Array(5).fill(true));
  });

  it("one that the root takes back is over, also for how far it reached", () => {
    const { arbiter, a, asks } = tree();
    arbiter.remember(a, "tool:rm", "run");
    expect(asks()).toEqual([false, false, false, false, true]);
    arbiter.revoke(arbiter.root, "tool:r*");
    arbiter.grant(arbiter.root, { allow: "tool:rm", ask: true });
    expect(asks()).toEqual([true, true, true, true, true]);
    arbiter.remember(a.parent as Standing, "tool:rm", "agent");
    expect(asks()).toEqual([false, true, true, true, true]);
  });

  it("a deny still wins, and a revocation takes them back", () => {
    const { arbiter, a, run, asks } = tree();
    arbiter.remember(a, "tool:rm", "run");
    arbiter.grant(run, { deny: "tool:rm" });
    expect(arbiter.tool(a, { callId: "k", tool: "rm" }).status).toBe("refused");
    const again = tree();
    again.arbiter.remember(again.a, "tool:rm", "run");
    again.arbiter.revoke(again.run, "tool:r*");
    again.arbiter.grant(again.run, "tool:rm");
    expect(again.asks()).toEqual([true, true, true, true, true]);
    expect(asks()).toEqual([false, false, false, false, true]);
  });
});

describe("uses", () => {
  it.each([0, 1, 3])("%d are that many, and no more", (uses) => {
    const { tool } = agent([{ allow: "tool:rm", uses }]);
    for (let n = 0; n < uses; n++) expect(tool("rm").status).toBe("granted");
    expect(why(tool("rm"))).toContain(`"tool:rm" of /a was for ${uses} uses, and none is left`);
  });

  it("count at each node that holds the grant, on all of the path or on none", () => {
    const two: Grant[] = [{ allow: "tool:rm", uses: 2 }];
    const arbiter = new Arbiter();
    const parent = open(arbiter, "/p", { grants: [{ allow: "tool:rm", uses: 3 }] });
    const [a, b] = ["/p/a", "/p/b"].map((path) => open(arbiter, path, { parent, grants: two }));
    const use = (standing: Standing | undefined, callId: string) =>
      arbiter.tool(standing!, { callId, tool: "rm" });
    expect([use(a, "1"), use(a, "2"), use(b, "3")].map(({ status }) => status)).toEqual(
      Array(3).fill("granted"),
    );
    expect(why(use(a, "4"))).toContain("of /p/a");
    expect(why(use(b, "5"))).toContain("of /p was");
    arbiter.grant(parent, { allow: "tool:rm", uses: 5 });
    // The refused calls have taken nothing from /p/b.
    expect(use(b, "6").status).toBe("granted");
    expect(use(b, "7").status).toBe("refused");
  });

  it("are not spent by what the budget or a person refuses", () => {
    const grants: Grant[] = [{ allow: "tool:rm", uses: 1, ask: true }];
    const { arbiter, standing, tool } = agent(grants, { budget: { toolCalls: 0 } });
    expect(tool("rm").status).toBe("refused");
    expect(why(tool("rm", {}, true))).toContain("BUDGET_EXCEEDED");
    arbiter.close(standing);
    const rich = agent(grants);
    for (let n = 0; n < 3; n++) expect(rich.tool("rm").status).toBe("ask");
    expect(rich.tool("rm", {}, true).status).toBe("granted");
    expect(why(rich.tool("rm", {}, true))).toContain("none is left");
  });

  it("of one call are counted once, and come back when it never began", () => {
    const { arbiter, standing } = agent([{ allow: "tool:rm", uses: 1 }]);
    const ask = () => arbiter.tool(standing, { callId: "k", tool: "rm" }).status;
    expect([ask(), ask()]).toEqual(["granted", "granted"]);
    arbiter.release("k", { started: false });
    expect(ask()).toBe("granted");
    arbiter.settle("k");
    expect(ask()).toBe("refused");
  });

  it("are left alone where another grant allows it without counting", () => {
    const own: Grant = { allow: "tool:*", delegate: false };
    const { arbiter, standing, tool } = agent([{ allow: "tool:rm", uses: 1 }, own]);
    for (let n = 0; n < 3; n++) expect(tool("rm").status).toBe("granted");
    const child = open(arbiter, "/a/b", { parent: standing });
    const pass = (callId: string) => arbiter.tool(child, { callId, tool: "rm" }).status;
    expect([pass("x"), pass("y")]).toEqual(["granted", "refused"]);
  });

  it("count a model call that waited when it goes on, by the rights of that moment", () => {
    const arbiter = new Arbiter({ budget: { tokens: 2_000 } });
    const first = open(arbiter, "/first");
    const call = { model: sonnet, inputTokens: 0, maxTokens: 2_000 };
    const later = open(arbiter, "/later", { grants: [{ allow: "model:*", uses: 1 }] });
    const gone = open(arbiter, "/gone");
    arbiter.model(first, { ...call, callId: "first" });
    for (const [standing, callId] of [
      [gone, "gone"],
      [later, "one"],
      [later, "two"],
    ] as const) {
      expect(arbiter.model(standing, { ...call, callId }).status).toBe("waiting");
    }
    arbiter.revoke(gone, "model:*");
    arbiter.settle("first", none);
    const woken = [...wokenOf(arbiter)];
    arbiter.settle("one", none);
    woken.push(...wokenOf(arbiter));
    expect(woken.map(({ callId, verdict }) => [callId, verdict?.status])).toEqual([
      ["gone", "refused"],
      ["one", "granted"],
      ["two", "refused"],
    ]);
    expect(arbiter.budget(arbiter.root)).toMatchObject({ tokens: { reserved: 0, spent: 0 } });
    expect(arbiter.usage(arbiter.root).modelCalls).toBe(2);
  });

  it("bound messages to relatives as well, which need no grant", () => {
    const { arbiter, standing } = agent([{ allow: "message:/b", uses: 1 }]);
    const write = (to: string) => arbiter.message(standing, { to, relation: "sibling" }).status;
    expect([write("/b"), write("/b"), write("/c")]).toEqual(["granted", "refused", "granted"]);
  });
});

describe("expiry", () => {
  it("is over when so many milliseconds have passed since granting", () => {
    const arbiter = new Arbiter({ now: 1_000 });
    arbiter.at(5_000);
    const standing = open(arbiter, "/a", { grants: [{ allow: "tool:rm", expiresMs: 100 }] });
    const at = (now: number) => {
      arbiter.at(now);
      return arbiter.tool(standing, { callId: `${now}`, tool: "rm" });
    };
    expect([at(5_000), at(5_099)].map(({ status }) => status)).toEqual(["granted", "granted"]);
    expect(why(at(5_100))).toContain('"tool:rm" of /a has expired');
  });

  it("counts for each agent from its own beginning, and from a later grant", () => {
    const arbiter = new Arbiter({ grants: [{ allow: "tool:*", expiresMs: 1_000 }] });
    const grants: Grant[] = Object.freeze([{ allow: "tool:rm", expiresMs: 100 }]) as Grant[];
    const first = open(arbiter, "/1", { grants });
    arbiter.at(99);
    const second = open(arbiter, "/2", { grants });
    arbiter.at(150);
    const use = (standing: Standing) =>
      arbiter.tool(standing, { callId: standing.path, tool: "rm" }).status;
    expect([use(first), use(second)]).toEqual(["refused", "granted"]);
    arbiter.grant(first, { allow: "tool:rm", expiresMs: 1 });
    expect(use(first)).toBe("granted");
    arbiter.at(1_000);
    arbiter.grant(first, "tool:rm");
    expect(use(first)).toBe("refused");
  });

  it("of 0 never holds", () => {
    expect(agent([{ allow: "tool:rm", expiresMs: 0 }]).tool("rm").status).toBe("refused");
  });
});

describe("granting and revoking", () => {
  it("take effect on the next request, here and below", () => {
    const arbiter = new Arbiter();
    const parent = open(arbiter, "/p");
    const child = open(arbiter, "/p/c", { parent });
    const use = () =>
      [parent, child].map(
        (standing) => arbiter.tool(standing, { callId: standing.path, tool: "rm" }).status,
      );
    expect(use()).toEqual(["granted", "granted"]);
    arbiter.revoke(parent, "tool:r*");
    expect(use()).toEqual(["refused", "refused"]);
    arbiter.grant(parent, { allow: "tool:rm", delegate: false });
    expect(use()).toEqual(["granted", "refused"]);
    arbiter.grant(parent, "tool:*");
    expect(use()).toEqual(["granted", "granted"]);
    arbiter.revoke(arbiter.root, "*");
    expect(use()).toEqual(["refused", "refused"]);
  });

  it("reach rights by default, and every layer", () => {
    const arbiter = new Arbiter();
    const layers = [all, ["tool:rm"]];
    const standing = arbiter.open({ path: "/a", layers, budgets: [] });
    const write = () => arbiter.message(standing, { to: "/b", relation: "sibling" }).status;
    expect(write()).toBe("granted");
    arbiter.revoke(standing, "message:*");
    expect(write()).toBe("refused");
    const use = (callId: string) => arbiter.tool(standing, { callId, tool: "cp" }).status;
    expect(use("1")).toBe("refused");
    arbiter.grant(standing, { allow: "tool:cp", uses: 2 });
    expect([use("2"), use("3"), use("4")]).toEqual(["granted", "granted", "refused"]);
  });

  it("do not grow when they are repeated", () => {
    const { arbiter, standing, tool } = agent(all);
    for (let n = 0; n < 1_000; n++) {
      arbiter.revoke(standing, "tool:rm");
      arbiter.grant(standing, "tool:rm");
    }
    expect(tool("rm").status).toBe("granted");
    expect(arbiter.summary().capability.epoch).toBe(2_000);
  });
});

describe("what an agent may ever use", () => {
  it("leaves conditions out of account, and nothing else", () => {
    const where = { path: "path:/srv/**" };
    const grants: Grant[] = [
      { allow: "tool:a", where, ask: true, uses: 1, expiresMs: 5 },
      { allow: "tool:b", use: false },
      "tool:c",
      { deny: "tool:c" },
      "tool:d",
      { deny: "tool:d", where },
      { allow: "tool:e", delegate: false },
    ];
    const { arbiter, standing } = agent(grants);
    const names = ["a", "b", "c", "d", "e", "f"];
    const may = (who: Standing) => {
      const each = names.map((name) => arbiter.mayEver(who, `tool:${name}`));
      const subjects = names.map((name) => `tool:${name}`);
      expect(arbiter.mayEverOf(who, subjects)).toEqual(each);
      return names.filter((_, n) => each[n]);
    };
    expect(may(standing)).toEqual(["a", "d", "e"]);
    const child = arbiter.open({
      path: "/a/b",
      budgets: [],
      parent: standing,
      layers: [["tool:*"]],
    });
    expect(may(child)).toEqual(["a", "b", "d"]);
    expect(may(arbiter.root)).toEqual(["a", "b", "c", "d", "e", "f"]);
    arbiter.revoke(standing, "tool:a");
    expect(may(standing)).toEqual(["d", "e"]);
    arbiter.close(standing);
    expect(may(standing)).toEqual([]);
  });
});
