import type { EventLog } from "../journal/event-log.ts";
import type { Shelf } from "../journal/retention.ts";
import type { ValueStore } from "../journal/value-store.ts";
import type { End } from "../kernel/end.ts";
import type { Node } from "../kernel/node.ts";
import { emptyEnded } from "../kernel/remains.ts";
import { decodeError } from "../wire/error-codec.ts";
import type { Json } from "../wire/json.ts";
import { sizeOf } from "../wire/json-size.ts";
import { OldestFirst } from "../wire/oldest-first.ts";
import type { Outcome, Usage, WireOutcome } from "../wire/outcome.ts";
import { isValueRef, type ValueRef } from "../wire/value-ref.ts";
import type { AgentRecord } from "./agent-record.ts";

/** The bytes of an ended agent's node, record and account, without its values. */
const BYTES_PER_AGENT = 3_000;

/**
 * The bytes that ended children of living agents may use, whatever else is kept, because their
 * parents may still wait for them by name.
 */
export const MAX_CHILDREN_BYTES = 8 * 1024 * 1024;

/** The kept results of an agent that has ended. */
interface Ended {
  /** The outcome as in `agent.stopped`, with references in place of large values. */
  readonly outcome: WireOutcome;
  readonly refs: readonly ValueRef[];
  readonly bytes: number;
  /** The `seq` of the event since which no living agent may ask for it by name. */
  readonly age: number;
}

/**
 * The agents that have ended, kept within a bound on their size so that they can be shown and asked
 * about. Only the results of an agent are kept.
 *
 * **Guarantees** while an agent is kept, so are the values of its results.
 */
export class EndedAgents {
  readonly #values: ValueStore;
  readonly #log: EventLog;
  readonly #free: EndedShelf;
  /** Ended agents whose parents live. */
  readonly #children: EndedShelf;
  /** Ended agents whose results are too large to be kept. */
  readonly #tooLarge: EndedShelf;

  /** @param forget removes an agent from the tree */
  constructor(log: EventLog, forget: (node: Node) => void) {
    this.#log = log;
    this.#values = log.values;
    const drop = (node: Node, { refs }: Ended): void => {
      for (const ref of refs) this.#values.unpin(ref);
      forget(node);
    };
    this.#free = new EndedShelf(drop, 0);
    this.#children = new EndedShelf(drop, MAX_CHILDREN_BYTES);
    this.#tooLarge = new EndedShelf(drop, 0);
    for (const shelf of [this.#tooLarge, this.#free, this.#children]) log.retention.add(shelf);
    // Values come last, because the other shelves refer to them.
    log.retention.add(log.values);
  }

  /** Reports the end of an agent, and resolves its outcome with the values themselves. */
  end(record: AgentRecord, end: End, usage: Usage): void {
    const { node } = record;
    const { path } = node;
    const outcome = { path, usage, ...end } as WireOutcome;
    const kept = this.#log.keep("agent.stopped", path, { outcome });
    record.settle(asOutcome(outcome), () => this.#outcomeOf(node, usage));
    for (const child of node.children.values()) this.release(child);
    this.#keep(record, kept.outcome);
  }

  /** True when the end of the agent is kept here. */
  has(node: Node): boolean {
    return this.#find(node) !== undefined;
  }

  /** Returns the end of an agent; undefined when it is not kept here. */
  endOf(node: Node): End | undefined {
    const kept = this.#find(node);
    if (kept === undefined) return undefined;
    const { path: _path, usage: _usage, ...end } = this.#whole(kept.outcome);
    return end as End;
  }

  /** Returns the last committed state of an agent, ended or not. */
  stateOf(node: Node): Json {
    const { state = null, end } = node;
    return end === undefined ? state : (this.#values.read(state) ?? null);
  }

  #keep(record: AgentRecord, outcome: WireOutcome): void {
    const { node } = record;
    const state = this.#values.stand(node.state ?? null);
    const value = this.#values.stand(node.value ?? null);
    const transcript = this.#values.stand(node.transcript as unknown as Json);
    const isLong = isValueRef(transcript.value);
    emptyEnded(node, {
      state: node.state === undefined ? undefined : state.value,
      value: node.value === undefined ? undefined : value.value,
      transcript: isLong ? [] : node.transcript,
    });
    record.empty(isLong ? (transcript.value as ValueRef) : undefined);
    const refs = [...valuesIn(outcome), state.value, value.value, transcript.value].filter(
      isValueRef,
    );
    const own = sizeOf(outcome as unknown as Json, Number.POSITIVE_INFINITY).bytes;
    const bytes = BYTES_PER_AGENT + own + state.bytes + value.bytes + transcript.bytes;
    const kept = { outcome, refs, bytes, age: this.#log.last };
    if (!this.#isWhole(outcome)) {
      // With this size and age it is dropped first, and no other agent is dropped because of it.
      const { mostBytes } = this.#log.retention;
      this.#tooLarge.add(node, { ...kept, bytes: mostBytes + 1, age: -1 });
    } else if (isFree(node)) this.#free.add(node, kept);
    else {
      this.#children.add(node, kept);
      for (const ref of refs) this.#values.pin(ref);
    }
  }

  #isWhole(outcome: WireOutcome): boolean {
    return valuesIn(outcome).every((one) => !isValueRef(one) || this.#values.has(one));
  }

  /** Allows a child to be dropped: its parent has ended too, or another agent has its path. */
  release(child: Node): void {
    const kept = this.#children.take(child);
    if (kept === undefined) return;
    for (const ref of kept.refs) this.#values.unpin(ref);
    this.#free.add(child, { ...kept, age: this.#log.last });
  }

  #find(node: Node): Ended | undefined {
    return this.#free.get(node) ?? this.#children.get(node) ?? this.#tooLarge.get(node);
  }

  /** Reads an outcome again; without its values when the agent is no longer kept. */
  async #outcomeOf(node: Node, usage: Usage): Promise<Outcome> {
    const { path, end } = node;
    const { outcome } = this.#find(node) ?? { outcome: { path, usage, ...end } as WireOutcome };
    return asOutcome(this.#whole(outcome));
  }

  /** Returns an outcome with the values themselves in place of references. */
  #whole(outcome: WireOutcome): WireOutcome {
    const whole: { [field: string]: unknown } = { ...outcome };
    for (const field of ["output", "partial"]) {
      const stored = whole[field] as Json | undefined;
      if (stored !== undefined) whole[field] = this.#values.read(stored) ?? null;
    }
    if ("error" in outcome && outcome.error !== undefined) {
      const { details, ...error } = outcome.error;
      whole.error = { ...error, details: this.#values.read(details as Json) ?? {} };
    }
    return whole as unknown as WireOutcome;
  }
}

/** A shelf of ended agents, the oldest first. */
class EndedShelf implements Shelf {
  readonly #ended = new OldestFirst<Node, Ended>();
  readonly #drop: (node: Node, ended: Ended) => void;
  readonly #free: number;
  bytes = 0;
  #weight = 0;

  /** @param free the bytes, values included, up to which no agent is dropped */
  constructor(drop: (node: Node, ended: Ended) => void, free: number) {
    this.#drop = drop;
    this.#free = free;
  }

  get oldest(): number {
    const { oldest } = this.#ended;
    if (this.#weight <= this.#free || oldest === undefined) return Number.POSITIVE_INFINITY;
    return (this.#ended.get(oldest) as Ended).age;
  }

  dropOldest(): void {
    const { oldest } = this.#ended;
    const ended = oldest && this.take(oldest);
    if (oldest !== undefined && ended !== undefined) this.#drop(oldest, ended);
  }

  get(node: Node): Ended | undefined {
    return this.#ended.get(node);
  }

  add(node: Node, ended: Ended): void {
    this.#ended.set(node, ended);
    this.#count(ended, 1);
  }

  take(node: Node): Ended | undefined {
    const ended = this.#ended.take(node);
    if (ended !== undefined) this.#count(ended, -1);
    return ended;
  }

  #count({ bytes, refs }: Ended, sign: 1 | -1): void {
    this.bytes += sign * bytes;
    this.#weight += sign * refs.reduce((sum, ref) => sum + ref.bytes, bytes);
  }
}

/** True when no living agent may ask for it by name. */
function isFree({ parent }: Node): boolean {
  return parent === undefined || parent.depth === 0 || parent.end !== undefined;
}

function valuesIn(outcome: WireOutcome): readonly Json[] {
  const { output, partial, error } = outcome as {
    readonly output?: Json;
    readonly partial?: Json;
    readonly error?: { readonly details: Json };
  };
  return [output, partial, error?.details].filter((value) => value !== undefined);
}

function asOutcome(outcome: WireOutcome): Outcome {
  if (!("error" in outcome) || outcome.error === undefined) return outcome as Outcome;
  return { ...outcome, error: decodeError(outcome.error) } as Outcome;
}
