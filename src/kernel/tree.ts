import { AgentLocations } from "./agent-locations.ts";
import type { Commons } from "./commons-port.ts";
import { Deadlines } from "./deadlines.ts";
import type { Effect } from "./effects.ts";
import type { End } from "./end.ts";
import type { Fact } from "./fact.ts";
import type { Ground } from "./ground.ts";
import { type Node, type RestartGroup, subtree } from "./node.ts";
import { Quarantine } from "./quarantine-state.ts";

/** A deadline: the timeout of an agent, the end of a grace, the timeout of an ask, and others. */
export type Due =
  | { readonly type: "timeout"; readonly node: Node }
  | { readonly type: "kill"; readonly nodes: readonly Node[]; readonly since: number }
  | { readonly type: "restart"; readonly group: RestartGroup }
  | { readonly type: "ask"; readonly askId: string }
  /** The end of a suspect's time alone, which clears it. */
  | { readonly type: "quarantine"; readonly node: Node }
  /** The time at which a failed model call is asked for again. */
  | { readonly type: "again"; readonly node: Node; readonly callId: string }
  /** The time at which a rate-limited call may begin. */
  | { readonly type: "rate" }
  /** The end of the offers to senders that were woken for room in a mailbox. */
  | { readonly type: "room"; readonly node: Node }
  /** The time until which a person may answer a question. */
  | { readonly type: "question"; readonly id: string; readonly node: Node };

/** The state of one run: its nodes, their hosts and its deadlines. */
export class Tree {
  readonly #ground: Ground;
  /** The top-level agent; none while it is being spawned, several only when all are one run. */
  tops: readonly Node[] = [];
  readonly locations: AgentLocations;
  /** Milliseconds between the order to end and the kill. */
  graceMs: number;
  /** True when the supervisor is about to stop: no agent is restarted any more. */
  isClosing = false;
  /** The time of the current step in milliseconds, as the shell gave it. */
  now = 0;
  /** The number of paths of this run that are kept, of living or ended agents. */
  kept = 0;
  deadLetters = 0;
  #created = 0;
  #asked = 0;
  // Allocated on first use; many runs need none of them.
  #quarantine: Quarantine | undefined;
  #deadlines: Deadlines<Due> | undefined;
  #asks: Map<string, Node> | undefined;
  #leftAsks: Map<string, string> | undefined;

  constructor(ground: Ground) {
    this.#ground = ground;
    this.graceMs = ground.graceMs;
    this.locations = new AgentLocations(ground.agentsByHost);
  }

  /** The state that a snapshot keeps and that a replay must reproduce. */
  get saved(): object {
    const { tops, locations, graceMs, isClosing, kept, deadLetters } = this;
    const quarantine = this.#quarantine ?? new Quarantine();
    const deadlines = this.#deadlines?.saved ?? [];
    const [asks, leftAsks] = [this.#asks ?? [], this.#leftAsks ?? []];
    const counts = { created: this.#created, asked: this.#asked, kept, deadLetters };
    return {
      tops,
      locations,
      quarantine,
      deadlines,
      asks,
      leftAsks,
      graceMs,
      isClosing,
      ...counts,
    };
  }

  get quarantine(): Quarantine {
    this.#quarantine ??= new Quarantine();
    return this.#quarantine;
  }

  /** True when an agent of this run was ever a suspect. */
  get hasQuarantine(): boolean {
    return this.#quarantine !== undefined;
  }

  get deadlines(): Deadlines<Due> {
    this.#deadlines ??= new Deadlines((due) => this.#isLive(due));
    return this.#deadlines;
  }

  /** The time of the next deadline, in milliseconds. */
  get next(): number | undefined {
    return this.#deadlines?.next;
  }

  /** The open asks, with the asked agent of each. */
  get asks(): Map<string, Node> {
    this.#asks ??= new Map();
    return this.#asks;
  }

  /** The asks that are over because the asker has ended, with the asker's path. */
  get leftAsks(): Map<string, string> {
    this.#leftAsks ??= new Map();
    return this.#leftAsks;
  }

  get root(): Node {
    return this.#ground.root;
  }

  /** Every kept node of all runs, by its path. */
  get nodes(): Map<string, Node> {
    return this.#ground.nodes;
  }

  get commons(): Commons {
    return this.#ground.commons;
  }

  get granted(): Ground["granted"] {
    return this.#ground.granted;
  }

  /** The path of the top-level agent, which names the run; undefined when there is none. */
  get run(): string | undefined {
    return this.tops[0]?.path;
  }

  /** True when the node belongs to this run. */
  has(node: Node): boolean {
    return this.tops.includes(node.top);
  }

  /** Visits the nodes of this run, parents before their children. */
  *own(): Generator<Node> {
    for (const top of this.tops) yield* subtree(top);
  }

  /** Returns a number from 0 to below 1. */
  chance(): number {
    return this.#ground.chance();
  }

  /** Returns the serial number of the next agent. */
  nextSerial(): number {
    this.#created += 1;
    return this.#created;
  }

  /** Returns the id of the next ask of this run. */
  nextAsk(): string {
    this.#asked += 1;
    return `ask-${this.#asked}${this.run ?? ""}`;
  }

  emit(effect: Effect): void {
    this.#ground.effects.push(effect);
  }

  fact(type: string, path: string, rest: Omit<Fact, "type" | "path"> = {}): void {
    this.emit({ type: "fact", fact: { type, path, ...rest } });
  }

  /** Removes and returns the effects of the decisions so far. */
  takeEffects(): readonly Effect[] {
    const { effects } = this.#ground;
    if (effects.length > 0) this.#ground.effects = [];
    return effects;
  }

  /** Forgets an ask that was answered, or whose caller no longer waits. */
  forgetAsk(askId: string): void {
    const node = this.asks.get(askId);
    if (node !== undefined) node.asks = node.asks.filter((open) => open !== askId);
    this.asks.delete(askId);
  }

  /** Drops the state that a run needs only while an agent of it lives. */
  empty(): void {
    this.#quarantine = undefined;
    this.#deadlines = undefined;
    this.#asks = undefined;
    this.#leftAsks = undefined;
  }

  /** Returns the whole end of an agent, wherever it is kept. */
  endOf(node: Node): End {
    return this.#ground.endOf(node) ?? (node.end as End);
  }

  #isLive(due: Due): boolean {
    if (due.type === "rate") return true;
    if (due.type === "again") return due.node.calls.get(due.callId)?.until !== undefined;
    if (due.type === "ask") return this.asks.has(due.askId);
    if (due.type === "quarantine") return this.quarantine.open.has(due.node);
    if (due.type === "room") return due.node.room !== undefined;
    if (due.type === "question") return due.node.openQuestions > 0;
    if (due.type === "timeout") return due.node.end === undefined;
    if (due.type === "restart") return due.group.members.some(({ group }) => group === due.group);
    return due.nodes.some((node) => node.finished === undefined);
  }
}
