import type { Standing } from "../authority/arbiter.ts";
import type { Node } from "../kernel/node.ts";
import type { ResolvedSpec } from "../specs/resolved-spec.ts";
import type { Template } from "../wire/delivery.ts";
import type { Outcome } from "../wire/outcome.ts";
import type { ValueRef } from "../wire/value-ref.ts";
import type { CallProgress, ModelChoice } from "./call-progress.ts";
import { PromptEstimate } from "./prompt-estimate.ts";

const NO_TEMPLATE: Template = { id: "", tools: [], agents: [] };

/** The shell's record of an agent: its resolved spec, its standing and its outcome. */
export class AgentRecord {
  readonly node: Node;
  resolved: ResolvedSpec;
  readonly standing: Standing;
  /** The template of the resolved spec, without the tools that the agent may never use. */
  template: Template;
  readonly labels: Readonly<Record<string, string>>;
  /** Allocated when somebody waits for the outcome. */
  #awaited: PromiseWithResolvers<Outcome> | undefined;
  /** Reads the outcome of an agent that has ended. */
  #again: (() => Promise<Outcome>) | undefined;
  #abort: AbortController | undefined;
  /** The index of its cancel flag, from its first host to its end. */
  cancelFlag: number | undefined;
  /** The agent's number in the running cell of its host. */
  number = 0;
  /** The calls that stopped before they began, by id. */
  stoppedCalls: Map<string, CallProgress> | undefined;
  /** The ids of the model calls that a library host runs for it; allocated for the first one. */
  jobs: Set<string> | undefined;
  /** The models of its calls; a first attempt at the first model has no entry. */
  choices: Map<string, ModelChoice> | undefined;
  /** The estimated length of its next prompt. */
  prompt: PromptEstimate;
  /** Removes the listeners for this agent; called once it has ended. */
  release: (() => void) | undefined;
  /** The reference to an ended agent's conversation, when that is kept by reference. */
  transcript: ValueRef | undefined;

  constructor(options: {
    readonly node: Node;
    readonly resolved: ResolvedSpec;
    readonly standing: Standing;
    readonly template: Template;
    readonly labels: Readonly<Record<string, string>>;
  }) {
    this.node = options.node;
    this.prompt = new PromptEstimate(options.node.childSpec.loop);
    this.resolved = options.resolved;
    this.standing = options.standing;
    this.template = options.template;
    this.labels = options.labels;
  }

  /** The state that a snapshot keeps and that a replay must reproduce. */
  get saved() {
    const {
      node,
      standing,
      labels,
      cancelFlag,
      number,
      stoppedCalls,
      jobs,
      choices,
      prompt,
      transcript,
    } = this;
    const own = { cancelFlag, number, stoppedCalls, jobs, choices, prompt, transcript };
    return { node, closed: standing.closed, labels, ...own, hasEnded: this.hasEnded };
  }

  /** The outcome, once the agent has ended. */
  get outcome(): Promise<Outcome> {
    if (this.#again !== undefined) return this.#again();
    this.#awaited ??= Promise.withResolvers<Outcome>();
    return this.#awaited.promise;
  }

  /** True when the agent has its outcome. */
  get hasEnded(): boolean {
    return this.#again !== undefined;
  }

  /** The signal that is aborted when the agent's rights are withdrawn; allocated on first use. */
  get signal(): AbortSignal {
    this.#abort ??= new AbortController();
    return this.#abort.signal;
  }

  /** Returns a function that aborts this incarnation's work, to be called after the step. */
  aborting(reason: string): () => void {
    const abort = this.#abort;
    return () => abort?.abort(new DOMException(reason, "AbortError"));
  }

  /** Prepares for another incarnation, with a new signal; the last one's stays aborted. */
  renew(): void {
    this.#abort = undefined;
    this.prompt = new PromptEstimate(this.node.childSpec.loop);
  }

  /**
   * Resolves the outcome, once.
   *
   * @param again reads the outcome again for later callers, so that a large one is not kept here
   */
  settle(outcome: Outcome, again: () => Promise<Outcome>): void {
    if (this.#again !== undefined) return;
    this.#awaited?.resolve(outcome);
    this.#awaited = undefined;
    this.#again = again;
    this.release?.();
    this.release = undefined;
  }

  /** Frees what only a living agent needs. */
  empty(transcript: ValueRef | undefined): void {
    this.resolved = {
      ...this.resolved,
      spec: {},
      template: NO_TEMPLATE,
      layers: [],
      input: undefined,
    };
    this.template = NO_TEMPLATE;
    this.transcript = transcript;
    this.#abort = undefined;
  }
}
