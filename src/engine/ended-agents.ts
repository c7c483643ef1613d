import type { EventLog } from "../journal/event-log.ts";
import type { Shelf } from "../journal/retention.ts";
import type { ValueStore } from "../journal/value-store.ts";
import type { End } from "../kernel/end.ts";
import type { Node } from "../kernel/node.ts";
import { emptyEnded } from "../kernel/remains.ts";
import { decodeError } from "../wire/error-codec.ts";
import type { Json } from "../wire/json.ts";
import { sizeOf } from "../wire/json-size.ts";
import type { Outcome, Usage, WireOutcome } from "../wire/outcome.ts";
import { isValueRef, type ValueRef } from "../wire/value-ref.ts";
import type { AgentRecord } from "./agent-record.ts";

/** What an agent that has ended holds beside what it came to: its node, its record, its account. */
const HELD_BY_AGENT = 3_000;

/**
 * What the children of living agents may hold whatever else is kept, since their parents may still
 * wait for them by name.
 */
export const CHILDREN_BYTES = 8 * 1024 * 1024;

interface Ended {
  /** As `agent.stopped` has it. */
  readonly outcome: WireOutcome;
  readonly refs: readonly ValueRef[];
  readonly bytes: number;
  /** Since when nobody who lives may ask for it by name. */
  readonly age: number;
}

/**
 * Agents that have ended: kept by their size, to be shown and asked about, and in place of all that
 * they were only what they came to.
 *
 * **Guarantees** while one is kept, so are the values that it came to.
 */
export class EndedAgents {
  readonly #values: ValueStore;
  readonly #log: EventLog;
  readonly #free: EndedShelf;
  /** Those whose parents live. */
  readonly #children: EndedShelf;
  /** Those of whom no memory is large enough to hold what they came to. */
  readonly #tooLarge: EndedShelf;

  /** @param forget takes one out of the tree */
  constructor(log: EventLog, forget: (node: Node) => void) {
    this.#log = log;
    this.#values = log.values;
    const drop = (node: Node, { refs }: Ended): void => {
      for (const ref of refs) this.#values.unpin(ref);
      forget(node);
    };
    this.#free = new EndedShelf(drop, 0);
    this.#children = new EndedShelf(drop, CHILDREN_BYTES);
    this.#tooLarge = new EndedShelf(drop, 0);
    for (const shelf of [this.#tooLarge, this.#free, this.#children]) log.retention.add(shelf);
    // Behind those who refer to them.
    log.retention.add(log.values);
  }

  /** Tells how an agent has ended and resolves its outcome, the values themselves. */
  end(record: AgentRecord, end: End, usage: Usage): void {
    const { node } = record;
    const { path } = node;
    const outcome = { path, usage, ...end } as WireOutcome;
    const told = this.#log.keep("agent.stopped", path, { outcome: outcome as unknown as Json });
    record.settle(asOutcome(outcome), () => this.#outcomeOf(node, usage));
    for (const child of node.children.values()) this.release(child);
    this.#keep(record, told.outcome as unknown as WireOutcome);
  }

  /** Whether it is kept how this one has ended. */
  has(node: Node): boolean {
    return this.#find(node) !== undefined;
  }

  /** How one has ended; undefined where that is not kept. */
  endOf(node: Node): End | undefined {
    const kept = this.#find(node);
    if (kept === undefined) return undefined;
    const { path: _path, usage: _usage, ...end } = this.#whole(kept.outcome);
    return end as End;
  }

  /** The last committed state of an agent, ended or not. */
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
    const own = sizeOf(outcome as unknown as Json, Number.POSITIVE_INFINITY).held;
    const bytes = HELD_BY_AGENT + own + state.bytes + value.bytes + transcript.bytes;
    const kept = { outcome, refs, bytes, age: this.#log.last };
    if (!this.#isWhole(outcome)) {
      // The first to go, and nothing else because of it.
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

  /** Its parent has ended too, or another agent has its path. */
  release(child: Node): void {
    const kept = this.#children.take(child);
    if (kept === undefined) return;
    for (const ref of kept.refs) this.#values.unpin(ref);
    this.#free.add(child, { ...kept, age: this.#log.last });
  }

  #find(node: Node): Ended | undefined {
    return this.#free.get(node) ?? this.#children.get(node) ?? this.#tooLarge.get(node);
  }

  /** Without its values for who holds on to one that is kept no longer. */
  async #outcomeOf(node: Node, usage: Usage): Promise<Outcome> {
    const { path, end } = node;
    const { outcome } = this.#find(node) ?? { outcome: { path, usage, ...end } as WireOutcome };
    return asOutcome(this.#whole(outcome));
  }

  /** With the values themselves where references to them stand. */
  #whole(outcome: WireOutcome): WireOutcome {
    const whole: { [field: string]: unknown } = { ...outcome };
    for (const field of ["output", "partial"]) {
      const standing = whole[field] as Json | undefined;
      if (standing !== undefined) whole[field] = this.#values.read(standing) ?? null;
    }
    if ("error" in outcome && outcome.error !== undefined) {
      const { details, ...error } = outcome.error;
      whole.error = { ...error, details: this.#values.read(details as Json) ?? {} };
    }
    return whole as unknown as WireOutcome;
  }
}

/** Some of those who have ended, the oldest first. */
class EndedShelf implements Shelf {
  readonly #ended = new Map<Node, Ended>();
  readonly #drop: (node: Node, ended: Ended) => void;
  readonly #free: number;
  bytes = 0;
  #weight = 0;

  /** @param free so many bytes, with the values, are not to be dropped */
  constructor(drop: (node: Node, ended: Ended) => void, free: number) {
    this.#drop = drop;
    this.#free = free;
  }

  get oldest(): number {
    if (this.#weight <= this.#free) return Number.POSITIVE_INFINITY;
    for (const { age } of this.#ended.values()) return age;
    return Number.POSITIVE_INFINITY;
  }

  dropOldest(): void {
    for (const [node, ended] of this.#ended) {
      this.take(node);
      return this.#drop(node, ended);
    }
  }

  get(node: Node): Ended | undefined {
    return this.#ended.get(node);
  }

  add(node: Node, ended: Ended): void {
    this.#ended.set(node, ended);
    this.#count(ended, 1);
  }

  take(node: Node): Ended | undefined {
    const ended = this.#ended.get(node);
    if (ended !== undefined) this.#count(ended, -1);
    this.#ended.delete(node);
    return ended;
  }

  #count({ bytes, refs }: Ended, sign: 1 | -1): void {
    this.bytes += sign * bytes;
    this.#weight += sign * refs.reduce((sum, ref) => sum + ref.bytes, bytes);
  }
}

/** Nobody who lives may ask for it by name. */
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
