import type { Seat } from "../authority/arbiter.ts";
import type { End, Node } from "../kernel/node.ts";
import type { Template } from "../wire/delivery.ts";
import { decodeError } from "../wire/error-codec.ts";
import type { Outcome, Usage } from "../wire/outcome.ts";
import type { Choice } from "./model-choice.ts";
import type { Plan } from "./plan.ts";
import { PromptEstimate } from "./prompt-estimate.ts";

/** What the shell holds of an agent beside its node: its plan, its seat, its outcome. */
export class AgentRecord {
  readonly node: Node;
  readonly plan: Plan;
  readonly seat: Seat;
  /** The plan's, without the tools that it may never use. */
  readonly template: Template;
  readonly labels: Readonly<Record<string, string>>;
  readonly outcome: Promise<Outcome>;
  readonly #resolve: (outcome: Outcome) => void;
  #abort: AbortController | undefined;
  /** Index of its cancel word, while it is placed. */
  word: number | undefined;
  /** What the running cell of its host calls it. */
  number = 0;
  settled: Outcome | undefined;
  /** Model calls whose reservation waits. */
  readonly waiting = new Set<string>();
  /** Model calls that a house host runs for it. */
  readonly jobs = new Set<string>();
  /** Model calls that go to another model than its first. */
  choices: Map<string, Choice> | undefined;
  /** How long its next prompt is. */
  prompt: PromptEstimate;
  /** Undoes what listens for this agent, once it has ended. */
  release: (() => void) | undefined;

  constructor(options: {
    readonly node: Node;
    readonly plan: Plan;
    readonly seat: Seat;
    readonly template: Template;
    readonly labels: Readonly<Record<string, string>>;
  }) {
    this.node = options.node;
    this.prompt = new PromptEstimate(options.node.birth.loop);
    this.plan = options.plan;
    this.seat = options.seat;
    this.template = options.template;
    this.labels = options.labels;
    const { promise, resolve } = Promise.withResolvers<Outcome>();
    this.outcome = promise;
    this.#resolve = resolve;
  }

  /** Aborted when the agent's rights are withdrawn; made when the first tool needs it. */
  get signal(): AbortSignal {
    this.#abort ??= new AbortController();
    return this.#abort.signal;
  }

  abort(reason: string): void {
    this.#abort?.abort(new DOMException(reason, "AbortError"));
  }

  /** Makes ready for another incarnation: what the last one was at is aborted for good. */
  renew(): void {
    this.#abort = undefined;
    this.prompt = new PromptEstimate(this.node.birth.loop);
  }

  /** Writes the outcome, once. */
  settle(end: End, usage: Usage): void {
    if (this.settled !== undefined) return;
    const about = { path: this.node.path, usage };
    const { error, ...rest } = "error" in end ? end : { ...end, error: undefined };
    const decoded = error === undefined ? {} : { error: decodeError(error) };
    const outcome = { ...rest, ...decoded, ...about } as Outcome;
    this.settled = outcome;
    this.#resolve(outcome);
    this.release?.();
    this.release = undefined;
  }
}
