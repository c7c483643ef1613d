import { Arbiter, type ArbiterOptions, type Standing } from "../../src/authority/arbiter.ts";
import type { Shared } from "../../src/authority/shared.ts";
import { CoppiceError } from "../../src/errors.ts";
import type { ApprovalScope } from "../../src/wire/approval.ts";
import type { Budget, Grant, ModelSpec, Unit } from "../../src/wire/spec.ts";
import type { TokenUsage } from "../../src/wire/transcript.ts";

/** One thing that is asked of the arbiter, as plain data. */
export type Action =
  | { do: "open"; path: string; parent: string; budget: Budget; layer: readonly Grant[] }
  | { do: "tool"; path: string; callId: string; tool: string; to: string; approved: boolean }
  | { do: "model"; path: string; callId: string; maxTokens: number; exact?: TokenUsage | undefined }
  | { do: "spawn"; path: string; callId: string }
  | {
      do: "settle";
      callId: string;
      usage?: TokenUsage | undefined;
      partial: boolean;
      again: boolean;
    }
  | { do: "grow"; callId: string; said: TokenUsage }
  | { do: "release"; callId: string; started: boolean }
  | { do: "close"; path: string }
  | { do: "raise"; path: string; unit: Unit; more: number }
  | { do: "grant"; path: string; grant: Grant }
  | { do: "revoke"; path: string; pattern: string }
  | { do: "remember"; path: string; subject: string; scope: ApprovalScope }
  | { do: "ever"; path: string }
  | { do: "woke"; callId: string };

/** A step of one run, or of nobody ("/"): what it asked, what was answered, what came of it. */
export interface Row {
  readonly run: string;
  readonly wall: number;
  readonly now: number;
  readonly action: Action;
  readonly answers: readonly string[];
  readonly outcome: string;
  /** What stood of the run afterwards. */
  readonly saved: string;
}

const model: ModelSpec = { provider: "anthropic", model: "claude-sonnet-4-5" };
const subjects = ["tool:rm", "tool:cp", "model:anthropic:x"];

/** An arbiter and the standings that were opened in it. */
export class Scene {
  readonly arbiter: Arbiter;
  readonly standings = new Map<string, Standing>();

  constructor(options: ArbiterOptions, shared: Shared) {
    this.arbiter = new Arbiter({ ...options, shared });
    this.standings.set("/", this.arbiter.root);
  }

  /** Takes a step; its outcome is text, errors by code, message and details. */
  step(run: string, { wall, now }: Pick<Row, "wall" | "now">, action: Action): string {
    this.arbiter.at(wall, now, run);
    let outcome: unknown;
    try {
      outcome = this.#do(action);
    } catch (error) {
      if (!(error instanceof CoppiceError)) throw error;
      outcome = error;
    }
    const warnings = this.arbiter.takeWarnings();
    return JSON.stringify({ outcome, warnings }, (_key, value: unknown) =>
      value instanceof CoppiceError
        ? { code: value.code, message: value.message, details: value.details }
        : value,
    );
  }

  savedOf(run: string): string {
    return JSON.stringify(this.arbiter.savedOf(run));
  }

  #do(action: Action): unknown {
    const { arbiter } = this;
    switch (action.do) {
      case "open":
        return this.#open(action);
      case "tool": {
        const { callId, tool, to, approved } = action;
        return arbiter.tool(this.#at(action), { callId, tool, input: { to }, approved });
      }
      case "model": {
        const { callId, maxTokens, exact } = action;
        return arbiter.model(this.#at(action), {
          ...{ callId, model, maxTokens, exact },
          inputTokens: 100,
        });
      }
      case "spawn":
        return arbiter.spawn(this.#at(action), { template: "t", callId: action.callId });
      case "settle":
        return arbiter.settle(action.callId, action.usage, action);
      case "grow":
        return arbiter.grow(action.callId, action.said);
      case "release":
        return arbiter.release(action.callId, action);
      case "close":
        return arbiter.close(this.#at(action));
      case "raise":
        return arbiter.raise(action.path, action.unit, action.more);
      case "grant":
        return arbiter.grant(this.#at(action), action.grant);
      case "revoke":
        return arbiter.revoke(this.#at(action), action.pattern);
      case "remember":
        return arbiter.remember(this.#at(action), action.subject, action.scope);
      case "ever": {
        const standing = this.#at(action);
        return [arbiter.mayEver(standing, "tool:rm"), arbiter.mayEverOf(standing, subjects)];
      }
      case "woke":
        return arbiter.woke(action.callId);
    }
  }

  #open({ path, parent: above, budget, layer }: Extract<Action, { do: "open" }>): void {
    const parent = this.#at({ path: above });
    const first = { inputTokens: 0, maxTokens: 10 };
    const asked = { path, parent, budgets: [budget], layers: [layer] };
    this.standings.set(path, this.arbiter.open({ ...asked, models: [model], first }));
  }

  #at({ path }: { readonly path: string }): Standing {
    const standing = this.standings.get(path);
    if (standing === undefined) throw new Error(`${path} was never opened`);
    return standing;
  }
}

/** Notes each answer as text. */
export class Noting implements Shared {
  #answers: string[] = [];

  decide<Request extends object, Answer>(
    to: string,
    decide: (request: Request) => Answer,
    request: Request,
  ): Answer {
    const answer = decide(request);
    this.#answers.push(JSON.stringify({ to, answer }));
    return answer;
  }

  take(): readonly string[] {
    const taken = this.#answers;
    this.#answers = [];
    return taken;
  }
}

class Giving implements Shared {
  left: string[] = [];

  decide<Request extends object, Answer>(
    to: string,
    decide: (request: Request) => Answer,
    request: Request,
  ): Answer {
    const noted = JSON.parse(this.left.shift() ?? "{}") as { to?: string; answer: Answer };
    if (noted.to !== to) throw new Error(`"${to}" was asked, and "${noted.to}" was noted`);
    decide({ ...request, given: noted.answer });
    return noted.answer;
  }
}

/** Takes the steps of one run again, alone; how it first differs, undefined where it does not. */
export function replayAlone(options: ArbiterOptions, rows: readonly Row[]): string | undefined {
  const giving = new Giving();
  const scene = new Scene(options, giving);
  for (const [n, row] of rows.entries()) {
    const at = `step ${n} (${row.action.do})`;
    giving.left = [...row.answers];
    let outcome: string;
    try {
      outcome = scene.step(row.run, row, row.action);
    } catch (error) {
      return `${at}: ${(error as Error).message}`;
    }
    if (outcome !== row.outcome) return `${at} came to ${outcome}, and to ${row.outcome}`;
    if (giving.left.length > 0) return `${at} has not asked for ${giving.left}`;
    const saved = scene.savedOf(row.run);
    if (saved !== row.saved) return `${at} left\n${saved}\n, and\n${row.saved}`;
    if (scene.arbiter.takeWoken().length > 0) return `${at} woke somebody`;
  }
  return undefined;
}
