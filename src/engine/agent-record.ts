import type { Seat } from "../authority/arbiter.ts";
import type { Node } from "../kernel/node.ts";
import type { Plan } from "../specs/plan.ts";
import type { Template } from "../wire/delivery.ts";
import type { Outcome } from "../wire/outcome.ts";
import type { ValueRef } from "../wire/value-ref.ts";
import type { CallStanding, ModelChoice } from "./call-standing.ts";
import { PromptEstimate } from "./prompt-estimate.ts";

const NO_TEMPLATE: Template = { id: "", tools: [], agents: [] };

/** What the shell holds of an agent beside its node: its plan, its seat, its outcome. */
export class AgentRecord {
  readonly node: Node;
  plan: Plan;
  readonly seat: Seat;
  /** The plan's, without the tools that it may never use. */
  template: Template;
  readonly labels: Readonly<Record<string, string>>;
  #outcome: () => Promise<Outcome>;
  #resolve: ((outcome: Outcome) => void) | undefined;
  #abort: AbortController | undefined;
  /** Index of its cancel word, while it is placed. */
  word: number | undefined;
  /** What the running cell of its host calls it. */
  number = 0;
  /** Calls that have stopped on their way to their beginning. */
  standings: Map<string, CallStanding> | undefined;
  /** Model calls that a house host runs for it. */
  readonly jobs = new Set<string>();
  /** Model calls that go to another model than its first. */
  choices: Map<string, ModelChoice> | undefined;
  /** How long its next prompt is. */
  prompt: PromptEstimate;
  /** Undoes what listens for this agent, once it has ended. */
  release: (() => void) | undefined;
  /** Of one that has ended, where its conversation is kept by reference. */
  transcript: ValueRef | undefined;

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
    this.#outcome = () => promise;
    this.#resolve = resolve;
  }

  /** What stands in it: what a snapshot keeps, and what a replay has to come to. */
  get saved() {
    const { node, seat, labels, word, number, standings, jobs, choices, prompt, transcript } = this;
    const own = { word, number, standings, jobs, choices, prompt, transcript };
    return { node, closed: seat.closed, labels, ...own, hasEnded: this.hasEnded };
  }

  get outcome(): Promise<Outcome> {
    return this.#outcome();
  }

  /** It has its outcome. */
  get hasEnded(): boolean {
    return this.#resolve === undefined;
  }

  /** Aborted when the agent's rights are withdrawn; made when the first tool needs it. */
  get signal(): AbortSignal {
    this.#abort ??= new AbortController();
    return this.#abort.signal;
  }

  /** How what runs for this incarnation is aborted, later, since others hear of it. */
  aborting(reason: string): () => void {
    const abort = this.#abort;
    return () => abort?.abort(new DOMException(reason, "AbortError"));
  }

  /** Makes ready for another incarnation: what the last one was at is aborted for good. */
  renew(): void {
    this.#abort = undefined;
    this.prompt = new PromptEstimate(this.node.birth.loop);
  }

  /**
   * Writes the outcome, once.
   *
   * @param again reads it once more for who asks later: nobody holds on to a large one here
   */
  settle(outcome: Outcome, again: () => Promise<Outcome>): void {
    if (this.#resolve === undefined) return;
    this.#resolve(outcome);
    this.#resolve = undefined;
    this.#outcome = again;
    this.release?.();
    this.release = undefined;
  }

  /** Lets go of what only a living agent needs. */
  empty(transcript: ValueRef | undefined): void {
    this.plan = { ...this.plan, spec: {}, template: NO_TEMPLATE, layers: [], input: undefined };
    this.template = NO_TEMPLATE;
    this.transcript = transcript;
    this.#abort = undefined;
  }
}
