import type { Intensity, Limits } from "../wire/spec.ts";
import { Deadlines } from "./deadlines.ts";
import type { Effect } from "./effects.ts";
import type { End } from "./end.ts";
import type { Fact } from "./fact.ts";
import { ROOT_LIMITS } from "./limits.ts";
import { createNode } from "./new-node.ts";
import type { Node, RestartGroup } from "./node.ts";
import { Residences } from "./residences.ts";
import { Trials } from "./trials.ts";

/** What can be due: an agent's own deadline, the end of a grace, an ask nobody answered. */
export type Due =
  | { readonly type: "timeout"; readonly node: Node }
  | { readonly type: "kill"; readonly nodes: readonly Node[]; readonly since: number }
  | { readonly type: "restart"; readonly group: RestartGroup }
  | { readonly type: "ask"; readonly askId: string }
  /** A suspect has had its time alone. */
  | { readonly type: "trial"; readonly node: Node }
  /** A model call that failed has waited, and is asked for again. */
  | { readonly type: "again"; readonly node: Node; readonly callId: string }
  /** Some call that waits for its rate may go. */
  | { readonly type: "rate" }
  /** Those who were woken for room in a mailbox have had their time. */
  | { readonly type: "room"; readonly node: Node }
  /** A person who was asked has not answered. */
  | { readonly type: "question"; readonly id: string; readonly node: Node };

export interface TreeOptions {
  readonly limits?: Limits;
  /** Milliseconds between being signalled and being killed. */
  readonly graceMs: number;
  /** Restarts of each top-level agent. */
  readonly intensity?: Intensity | undefined;
  /** From 0 to below 1, for the jitter of restarts. Left out: none. */
  readonly chance?: (() => number) | undefined;
  /** How an agent ended whose node does not say it any more. */
  readonly endOf?: (node: Node) => End | undefined;
}

/** The state of the kernel: every node, who lives where, what is due, what is to be done. */
export class Tree {
  readonly root: Node;
  readonly nodes = new Map<string, Node>();
  readonly residences = new Residences();
  readonly trials = new Trials();
  readonly deadlines = new Deadlines<Due>((due) => this.#isLive(due));
  readonly asks = new Map<string, Node>();
  /** Asks that are over because who asked has ended, and who that was. */
  readonly leftAsks = new Map<string, string>();
  readonly effects: Effect[] = [];
  /** Nodes that were given a slot and have not gone on yet. */
  readonly granted: Node[] = [];
  granting = false;
  /** Milliseconds between being signalled and being killed. */
  graceMs: number;
  /** The time of the step under way; the shell's clock, never our own. */
  now = 0;
  #births = 0;
  deadLetters = 0;
  readonly chance: () => number;
  readonly #endOf: TreeOptions["endOf"];

  constructor(options: TreeOptions) {
    this.graceMs = options.graceMs;
    this.chance = options.chance ?? (() => 0);
    this.#endOf = options.endOf;
    this.root = createNode(undefined, {
      name: "",
      template: "",
      limits: { ...ROOT_LIMITS, ...options.limits },
      input: null,
      loop: false,
      lifetime: "session",
      ...(options.intensity === undefined ? {} : { intensity: options.intensity }),
    });
    this.root.status = "running";
    this.nodes.set("/", this.root);
  }

  /** What stands in it: what a snapshot keeps, and what a replay has to come to. */
  get saved(): object {
    const { nodes, residences, trials, deadlines, asks, leftAsks, granted, graceMs } = this;
    const counts = { births: this.#births, deadLetters: this.deadLetters };
    return { nodes, residences, trials, deadlines, asks, leftAsks, granted, graceMs, ...counts };
  }

  /** The number of the next agent, in the order of births. */
  bear(): number {
    this.#births += 1;
    return this.#births;
  }

  emit(effect: Effect): void {
    this.effects.push(effect);
  }

  fact(type: string, path: string, rest: Omit<Fact, "type" | "path"> = {}): void {
    this.effects.push({ type: "fact", fact: { type, path, ...rest } });
  }

  /** An ask was answered, or nobody waits for its answer any more. */
  forgetAsk(askId: string): void {
    const node = this.asks.get(askId);
    if (node !== undefined) node.asks = node.asks.filter((open) => open !== askId);
    this.asks.delete(askId);
  }

  /** How an agent has ended, whole, wherever that is kept. */
  endOf(node: Node): End {
    return this.#endOf?.(node) ?? (node.end as End);
  }

  #isLive(due: Due): boolean {
    if (due.type === "rate") return true;
    if (due.type === "again") return due.node.calls.get(due.callId)?.until !== undefined;
    if (due.type === "ask") return this.asks.has(due.askId);
    if (due.type === "trial") return this.trials.open.has(due.node);
    if (due.type === "room") return due.node.room !== undefined;
    if (due.type === "question") return due.node.holds > 0;
    if (due.type === "timeout") return due.node.end === undefined;
    if (due.type === "restart") return due.group.members.some(({ group }) => group === due.group);
    return due.nodes.some((node) => node.finished === undefined);
  }
}
