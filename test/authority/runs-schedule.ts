import type { ArbiterOptions, Standing } from "../../src/authority/arbiter.ts";
import type { Budget, Grant, Unit } from "../../src/wire/spec.ts";
import fc from "../fixtures/properties.ts";
import { type Action, Noting, type Row, Scene } from "./runs-history.ts";
import { noUsage } from "./usage.ts";

const rest: readonly Grant[] = ["model:*", "spawn:*"];
const layers: readonly (readonly Grant[])[] = [
  ["tool:*", ...rest],
  ["tool:*", ...rest],
  [{ allow: "tool:*", uses: 3 }, ...rest],
  [{ allow: "tool:*", expiresMs: 90 }, { allow: "tool:rm", uses: 2 }, ...rest],
  [{ allow: "tool:rm", ask: true }, "tool:cp", { allow: "model:*", uses: 3 }, "spawn:*"],
  [{ allow: "tool:*", where: { to: "x*" }, uses: 2 }, { allow: "tool:*", ask: true }, ...rest],
  [{ allow: "tool:*", uses: 2, expiresMs: 60 }, { allow: "tool:*", uses: 5 }, ...rest],
  [
    { allow: "tool:*", ask: true },
    { allow: "spawn:*", uses: 1 },
    { allow: "model:*", ask: true },
  ],
];
const budgets: readonly Budget[] = [
  {},
  {},
  { tokens: 9_000, warnAt: 0.3 },
  { toolCalls: 3, warnAt: 0.5 },
  { windows: [{ everyMs: 70, modelCalls: 2, tokens: 5_000 }], warnAt: 0.4 },
  { usd: 0.06, onExceeded: "ask" },
  { perAction: { tokens: 1_500 } },
];
const roots: readonly Budget[] = [
  { tokens: 9_000, toolCalls: 15, modelCalls: 20, usd: 0.12, warnAt: 0.2 },
  { tokens: 6_000, warnAt: 0.6 },
  { tokens: 40_000, windows: [{ everyMs: 100, tokens: 5_000 }], warnAt: 0.5 },
  { usd: 0.09, onExceeded: "ask", windows: [{ everyMs: 100, toolCalls: 6 }] },
];
const extras: readonly Grant[] = [
  "tool:rm",
  { allow: "tool:rm", uses: 1 },
  { allow: "tool:cp", expiresMs: 50 },
  { allow: "tool:*", ask: true },
  { deny: "tool:cp" },
  { allow: "model:*", uses: 2 },
];
const patterns = ["tool:rm", "tool:cp", "tool:*", "model:*"];
const subjects = ["tool:rm", "tool:rm", "tool:cp", "model:anthropic:claude-sonnet-4-5"];
const units: readonly Unit[] = ["tokens", "toolCalls", "modelCalls", "usd"];
const scopes = ["agent", "run", "always"] as const;

export const options: fc.Arbitrary<ArbiterOptions> = fc
  .record({ budget: fc.constantFrom(...roots), layer: fc.constantFrom(...layers) })
  .map(({ budget, layer }) => ({ budget, grants: layer }));

const kinds = fc.constantFrom(
  ...(["open", "open", "open", "tool", "tool", "tool", "model", "model", "model"] as const),
  ...(["model", "settle", "settle", "settle", "again", "spawn", "grow", "release"] as const),
  ...(["close", "raise", "grant", "revoke", "remember", "remember", "ever", "woke"] as const),
);
/** Indices are taken modulo what exists, so that every sequence means something. */
const step = fc.record({
  do: kinds,
  run: fc.nat(5),
  at: fc.nat(50),
  pick: fc.nat(50),
  size: fc.nat(2_500),
  flag: fc.boolean(),
  /** Whether it is about the root, and then of nobody. */
  root: fc.constantFrom("own", "own", "own", "run", "nobody"),
  ms: fc.constantFrom(0, 0, 3, 20, 75, -40),
  isLate: fc.boolean(),
});
type Step = typeof step extends fc.Arbitrary<infer S> ? S : never;

export const schedule = fc.record({
  runs: fc.integer({ min: 3, max: 6 }),
  steps: fc.array(step, { minLength: 30, maxLength: 150, size: "max" }),
});

/** Takes random steps of several runs, and notes each with its answers. */
export class History {
  readonly rows: Row[] = [];
  readonly scene: Scene;
  readonly runs: readonly string[];
  readonly #noting = new Noting();
  readonly #calls: string[] = [];
  readonly #due: { readonly callId: string; readonly path: string }[] = [];
  #wall = 1_000;
  #now = 0;

  constructor(options: ArbiterOptions, runs: number) {
    this.scene = new Scene(options, this.#noting);
    this.runs = Array.from({ length: runs }, (_, n) => `/r${n}`);
  }

  of(run: string): readonly Row[] {
    return this.rows.filter((row) => row.run === run);
  }

  take(step: Step): void {
    this.#wall += step.ms;
    this.#now += Math.max(0, step.ms);
    const run = this.runs[step.run % this.runs.length]!;
    const action = step.do === "woke" ? undefined : this.#actionOf(run, step);
    if (action !== undefined) {
      const isRoot = "path" in action && action.path === "/" && action.do !== "open";
      this.#note(isRoot && step.root === "nobody" ? "/" : run, action);
    }
    // A turn may be told of some steps later, when much has changed.
    while (this.#due.length > 0 && !step.isLate) {
      const { callId, path } = this.#due.shift()!;
      this.#note(`/${path.split("/")[1]}`, { do: "woke", callId });
    }
  }

  #note(run: string, action: Action): void {
    const [wall, now] = [this.#wall, this.#now];
    const outcome = this.scene.step(run, { wall, now }, action);
    const answers = this.#noting.take();
    const saved = this.scene.savedOf(run);
    this.rows.push({ run, wall, now, action, answers, outcome, saved });
    this.#due.push(...this.scene.arbiter.takeWoken());
  }

  #actionOf(run: string, step: Step): Action | undefined {
    const { at, pick, size, flag } = step;
    const of = <T>(all: readonly T[]): T => all[pick % all.length]!;
    const standings = this.#seatsOf(run);
    const standing = standings[at % standings.length];
    if (standing === undefined || step.do === "open") return this.#open(run, standing, step);
    const path = standing.path;
    const about = step.root === "own" ? path : "/";
    const calls = this.#calls.filter(
      (callId) => callId.startsWith(`${run}#`) || callId.startsWith(`${run}/`),
    );
    const callId = calls[at % Math.max(1, Math.min(8, calls.length))] ?? `${path}#none`;
    const usage = { ...noUsage, inputTokens: 100, outputTokens: size };
    switch (step.do) {
      case "tool": {
        const tool = flag ? "rm" : "cp";
        const to = pick % 2 === 0 ? "x1" : "y";
        return { do: "tool", path, callId: this.#call(path), tool, to, approved: pick % 3 === 0 };
      }
      case "model": {
        const exact = pick % 7 === 0 ? usage : undefined;
        return { do: "model", path, callId: this.#call(path), maxTokens: size + 1, exact };
      }
      case "again":
        return this.#again(callId);
      case "spawn":
        return { do: "spawn", path, callId: this.#call(path) };
      case "settle": {
        const how = { partial: pick % 5 === 0, again: pick % 6 === 0 };
        return { do: "settle", callId, usage: flag ? usage : undefined, ...how };
      }
      case "grow":
        return { do: "grow", callId, said: { ...usage, outputTokens: 0, inputTokens: size } };
      case "release":
        return { do: "release", callId, started: flag };
      case "close":
        return pick % 3 === 0 ? { do: "close", path } : undefined;
      case "raise": {
        const unit = of(units);
        return { do: "raise", path: about, unit, more: unit === "usd" ? 0.01 : 1 + (size % 999) };
      }
      case "grant":
        return { do: "grant", path: about, grant: of(extras) };
      case "revoke":
        return { do: "revoke", path: about, pattern: of(patterns) };
      case "remember": {
        const scope = scopes[size % 3]!;
        return { do: "remember", path, subject: of(subjects), scope };
      }
      default:
        return { do: "ever", path };
    }
  }

  /** The same call is asked for once more. */
  #again(callId: string): Action | undefined {
    const before = this.rows.find(({ action }) => "callId" in action && action.callId === callId);
    const action = before?.action;
    return action?.do === "tool" || action?.do === "model" ? action : undefined;
  }

  #open(run: string, above: Standing | undefined, { pick, size }: Step): Action | undefined {
    const parent = above?.path ?? "/";
    const free = [0, 1, 2, 3]
      .map((n) => `${above?.path}/${n}`)
      .filter((path) => !this.#isOpen(path));
    const path = above === undefined ? run : free[0];
    if (path === undefined) return undefined;
    const [budget, layer] = [budgets[pick % budgets.length]!, layers[size % layers.length]!];
    return { do: "open", path, parent, budget, layer };
  }

  #isOpen(path: string): boolean {
    return this.scene.standings.get(path)?.closed === false;
  }

  #seatsOf(run: string): readonly Standing[] {
    const all = [...this.scene.standings.values()].filter(({ closed }) => !closed);
    return all.filter(({ path }) => path === run || path.startsWith(`${run}/`));
  }

  #call(path: string): string {
    const callId = `${path}#${this.#calls.length}`;
    this.#calls.unshift(callId);
    return callId;
  }
}
