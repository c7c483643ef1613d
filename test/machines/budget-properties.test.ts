import { describe, expect, it } from "vitest";
import {
  type Account,
  type Amounts,
  type BudgetState,
  createBudget,
  decideBudget,
  restoreBudget,
  saveBudget,
  takeWoken,
} from "../../machines/budget/budget.ts";
import fc from "../fixtures/properties.ts";

const ceiling = fc.option(fc.integer({ min: 0, max: 30 }), { nil: null, freq: 2 });
const ceilings = fc.record({
  nanoUsd: ceiling,
  tokens: ceiling,
  toolCalls: ceiling,
  modelCalls: ceiling,
});
const amount = fc.integer({ min: 0, max: 12 });
const amounts = fc.record({ nanoUsd: amount, tokens: amount, modelCalls: fc.nat(2) });
const stretch = fc.option(
  fc.record({
    per: fc.record({ nanoUsd: fc.nat(2), tokens: fc.nat(2) }),
    least: fc.nat(2),
    most: fc.integer({ min: 2, max: 9 }),
  }),
  { nil: undefined },
);

/** Indices are taken modulo what exists, so that every sequence means something. */
const command = fc.oneof(
  {
    weight: 5,
    arbitrary: fc.record({ do: fc.constant("reserve" as const), at: fc.nat(), amounts, stretch }),
  },
  {
    weight: 3,
    arbitrary: fc.record({ do: fc.constant("settle" as const), at: fc.nat(), share: fc.nat(100) }),
  },
  {
    weight: 2,
    arbitrary: fc.record({
      do: fc.constant("release" as const),
      at: fc.nat(),
      started: fc.boolean(),
    }),
  },
  {
    weight: 2,
    arbitrary: fc.record({ do: fc.constant("grow" as const), at: fc.nat(), more: amounts }),
  },
  { weight: 1, arbitrary: fc.record({ do: fc.constant("close" as const), at: fc.nat() }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant("restart" as const) }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant("pass" as const), ms: fc.nat(15) }) },
);
type Command = typeof command extends fc.Arbitrary<infer C> ? C : never;

const bounds = fc.record({
  ceilings,
  perAction: fc.option(fc.record({ nanoUsd: ceiling, tokens: ceiling }), { nil: undefined }),
  windows: fc.array(fc.record({ everyMs: fc.integer({ min: 1, max: 20 }), ceilings }), {
    maxLength: 2,
  }),
});
const tree = fc.array(fc.record({ above: fc.nat(), bounds }), { minLength: 1, maxLength: 7 });
type Bounds = typeof bounds extends fc.Arbitrary<infer B> ? B : never;

/** Runs commands on a random tree and keeps what has to be true of their history. */
class History {
  state: BudgetState;
  readonly waited = new Set<string>();
  readonly ended = new Set<string>();
  readonly all: Account[] = [];
  #keys = 0;

  constructor(nodes: readonly { above: number; bounds: Bounds }[]) {
    const [root, ...rest] = nodes;
    this.state = createBudget({ path: "/", ...root!.bounds });
    rest.forEach((node, n) => {
      const paths = [...this.state.accounts.keys()];
      const parent = paths[node.above % paths.length]!;
      const path = `/${n}`;
      decideBudget(this.state, { type: "open", path, parent, ...node.bounds });
    });
    this.all.push(...this.state.accounts.values());
  }

  run(step: Command): void {
    const keys = [...this.state.calls.keys()];
    const paths = [...this.state.accounts.keys()];
    if (step.do === "reserve") return this.#reserve(paths[step.at % paths.length]!, step);
    if (step.do === "restart") return this.#restart();
    if (step.do === "pass") return this.#pass(step.ms);
    if (step.do === "close") {
      const leaves = [...this.state.accounts.values()].filter(({ children }) => children === 0);
      const leaf = leaves[step.at % leaves.length]!;
      if (leaf === this.state.root) return;
      for (const { key, waiting } of leaf.calls) if (waiting) this.ended.add(key);
      decideBudget(this.state, { type: "close", account: leaf.path });
    } else if (keys.length > 0) {
      const key = keys[step.at % keys.length]!;
      const call = this.state.calls.get(key)!;
      if (step.do === "grow") return this.#grow(call, step.more);
      if (call.waiting) this.ended.add(key);
      if (step.do === "release") {
        decideBudget(this.state, { type: "release", key, started: step.started });
      } else {
        const part = call.waiting ? 0 : step.share / 100;
        const nanoUsd = Math.floor(call.asked[0]! * part);
        const tokens = Math.floor(call.asked[1]! * part);
        decideBudget(this.state, {
          type: "settle",
          key,
          used: { nanoUsd, tokens, outputTokens: 0 },
        });
      }
    }
    for (const { key } of takeWoken(this.state)) this.ended.add(key);
  }

  #reserve(account: string, { amounts, stretch }: Extract<Command, { do: "reserve" }>): void {
    const key = `call-${this.#keys++}`;
    const answer = decideBudget(this.state, { type: "reserve", key, account, amounts, stretch });
    if (answer.status === "waiting") this.waited.add(key);
    if (answer.status !== "granted") return;
    const call = this.state.calls.get(key)!;
    for (const at of [0, 1]) {
      const bound = call.account.action?.limit[at] ?? Infinity;
      expect(call.asked[at]).toBeLessThanOrEqual(bound);
    }
    for (const on of pathOf(call.account)) {
      // A newcomer passes nobody who stands where it takes something.
      on.queues?.forEach((queue, at) => {
        if (call.asked[at]! > 0) expect(queue).toEqual([]);
      });
    }
  }

  /** All of it is held, or none. */
  #grow(call: Waiting, more: Amounts): void {
    const before = [...call.asked];
    const [nanoUsd = 0, tokens = 0] = before;
    const amounts = {
      nanoUsd: nanoUsd + (more.nanoUsd ?? 0),
      tokens: tokens + (more.tokens ?? 0),
    };
    const answer = decideBudget(this.state, { type: "grow", key: call.key, amounts });
    if (call.waiting) expect(answer).toEqual({ status: "unknown" });
    const grown = [amounts.nanoUsd, amounts.tokens, ...before.slice(2)];
    expect(call.asked).toEqual(answer.status === "granted" ? grown : before);
    const bound = call.account.action?.limit ?? [];
    if (!call.waiting) {
      for (const at of [0, 1]) expect(call.asked[at]).toBeLessThanOrEqual(bound[at] ?? Infinity);
    }
  }

  #pass(ms: number): void {
    decideBudget(this.state, { type: "time", now: this.state.now + ms });
    for (const { key } of takeWoken(this.state)) this.ended.add(key);
  }

  #restart(): void {
    this.state = restoreBudget(JSON.parse(JSON.stringify(saveBudget(this.state))));
    const closed = this.all.filter(({ path }) => !this.state.accounts.has(path));
    this.all.splice(0, this.all.length, ...closed, ...this.state.accounts.values());
    for (const { key } of takeWoken(this.state)) this.ended.add(key);
  }

  check(): void {
    const { state } = this;
    const calls = [...state.calls.values()];
    expect(state.waiting).toBe(calls.filter(({ waiting }) => waiting).length);
    for (const account of [...state.accounts.values(), ...state.windows]) {
      const held = calls.filter((c) => !c.waiting && pathOf(c.account).includes(account));
      for (const at of [0, 1]) {
        const sum = held.reduce((total, call) => total + call.asked[at]!, 0);
        expect(account.reserved[at]).toBe(sum);
        expect(account.spent[at]! + sum).toBeLessThanOrEqual(account.limit[at]!);
      }
      for (const at of [2, 3]) expect(account.spent[at]).toBeLessThanOrEqual(account.limit[at]!);
    }
    for (const at of [0, 1, 2, 3, 4]) {
      const sum = this.all.reduce((total, { own }) => total + own[at]!, 0);
      expect(state.root.spent[at]).toBe(sum);
    }
    for (const call of calls) if (call.waiting) expect(isInNeed(call)).toBe(true);
  }
}

type Waiting = BudgetState["calls"] extends Map<string, infer C> ? C : never;

/** Something on the path really keeps it from going on: no wake-up was lost. */
function isInNeed(call: Waiting): boolean {
  return pathOf(call.account).some((on) =>
    [0, 1].some((at) => {
      if (call.asked[at] === 0) return false;
      const first = on.queues?.[at]?.[0];
      if (first !== undefined && first.age < call.age) return true;
      return on.spent[at]! + on.reserved[at]! + call.asked[at]! > on.limit[at]!;
    }),
  );
}

function pathOf(account: Account): Account[] {
  return account.parent === undefined ? [account] : [account, ...pathOf(account.parent)];
}

describe("budget: whatever the order of calls on whatever tree", () => {
  it("no grant overdraws an account, sums balance, and nobody waits without need", () => {
    const property = fc.property(tree, fc.array(command, { maxLength: 60 }), (nodes, commands) => {
      const history = new History(nodes);
      for (const step of commands) {
        history.run(step);
        history.check();
      }
    });
    fc.assert(property, { numRuns: 400 });
  });

  it("everything comes back, and every wait ends granted, refused or withdrawn", () => {
    const property = fc.property(tree, fc.array(command, { maxLength: 60 }), (nodes, commands) => {
      const history = new History(nodes);
      for (const step of commands) history.run(step);
      for (let turn = 0; history.state.calls.size > 0; turn++) {
        expect(turn).toBeLessThan(200);
        const held = [...history.state.calls.values()].find(({ waiting }) => !waiting);
        expect(held).toBeDefined();
        decideBudget(history.state, { type: "release", key: held!.key, started: true });
        for (const { key } of takeWoken(history.state)) history.ended.add(key);
      }
      expect([...history.waited].filter((key) => !history.ended.has(key))).toEqual([]);
      const { accounts, windows } = history.state;
      for (const { reserved } of [...accounts.values(), ...windows]) {
        expect(reserved).toEqual([0, 0]);
      }
      history.check();
    });
    fc.assert(property, { numRuns: 300 });
  });
});
