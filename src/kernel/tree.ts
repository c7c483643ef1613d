import type { Commons } from "./commons-port.ts";
import { Deadlines } from "./deadlines.ts";
import type { Effect } from "./effects.ts";
import type { End } from "./end.ts";
import type { Fact } from "./fact.ts";
import type { Ground } from "./ground.ts";
import { type Node, type RestartGroup, subtree } from "./node.ts";
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

/** The state of one run: its nodes, who of it lives where, what is due. */
export class Tree {
  readonly #ground: Ground;
  /** Its top-level agent; none while it is being spawned, several only where all are one run. */
  readonly tops: Node[] = [];
  readonly residences: Residences;
  /** Milliseconds between being signalled and being killed. */
  graceMs: number;
  /** The supervisor is about to stop: nobody is started again. */
  isClosing = false;
  /** The time of the step under way; the shell's clock, never our own. */
  now = 0;
  /** Agents that are kept, living or ended. */
  kept = 0;
  deadLetters = 0;
  #births = 0;
  #asked = 0;
  // Made when they are needed: many a run needs none of them.
  #trials: Trials | undefined;
  #deadlines: Deadlines<Due> | undefined;
  #asks: Map<string, Node> | undefined;
  #leftAsks: Map<string, string> | undefined;

  constructor(ground: Ground) {
    this.#ground = ground;
    this.graceMs = ground.graceMs;
    this.residences = new Residences(ground.residents);
  }

  /** What stands in it: what a snapshot keeps, and what a replay has to come to. */
  get saved(): object {
    const { tops, residences, graceMs, isClosing, kept, deadLetters } = this;
    const trials = this.#trials ?? new Trials();
    const deadlines = this.#deadlines?.saved ?? [];
    const [asks, leftAsks] = [this.#asks ?? [], this.#leftAsks ?? []];
    const counts = { births: this.#births, asked: this.#asked, kept, deadLetters };
    return { tops, residences, trials, deadlines, asks, leftAsks, graceMs, isClosing, ...counts };
  }

  get trials(): Trials {
    this.#trials ??= new Trials();
    return this.#trials;
  }

  /** Whether anybody here was ever suspected. */
  get hasTrials(): boolean {
    return this.#trials !== undefined;
  }

  get deadlines(): Deadlines<Due> {
    this.#deadlines ??= new Deadlines((due) => this.#isLive(due));
    return this.#deadlines;
  }

  /** When something is due next, in milliseconds. */
  get next(): number | undefined {
    return this.#deadlines?.next;
  }

  get asks(): Map<string, Node> {
    this.#asks ??= new Map();
    return this.#asks;
  }

  /** Asks that are over because who asked has ended, and who that was. */
  get leftAsks(): Map<string, string> {
    this.#leftAsks ??= new Map();
    return this.#leftAsks;
  }

  get root(): Node {
    return this.#ground.root;
  }

  /** Every node that is kept, of this run and of others, by its path. */
  get nodes(): Map<string, Node> {
    return this.#ground.nodes;
  }

  get commons(): Commons {
    return this.#ground.commons;
  }

  get effects(): Effect[] {
    return this.#ground.effects;
  }

  get granted(): Ground["granted"] {
    return this.#ground.granted;
  }

  /** The path of its top-level agent, which names it; undefined where it has none. */
  get run(): string | undefined {
    return this.tops[0]?.path;
  }

  /** Whether it is one of this run. */
  has(node: Node): boolean {
    return this.tops.includes(node.top);
  }

  /** Of this run, parents first. */
  *own(): Generator<Node> {
    for (const top of this.tops) yield* subtree(top);
  }

  /** From 0 to below 1. */
  chance(): number {
    return this.#ground.chance();
  }

  /** The number of the next agent, in the order of births. */
  bear(): number {
    this.#births += 1;
    return this.#births;
  }

  /** The id of the next ask of somebody here. */
  nextAsk(): string {
    this.#asked += 1;
    return `ask-${this.#asked}${this.run ?? ""}`;
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

  /** All of it has ended: nothing is left to wait for. */
  empty(): void {
    this.#trials = undefined;
    this.#deadlines = undefined;
    this.#asks = undefined;
    this.#leftAsks = undefined;
  }

  /** How an agent has ended, whole, wherever that is kept. */
  endOf(node: Node): End {
    return this.#ground.endOf(node) ?? (node.end as End);
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
