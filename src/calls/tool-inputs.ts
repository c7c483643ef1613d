import { isDeepStrictEqual } from "node:util";
import type { Engine } from "../engine/engine.ts";
import { inputSeen, type SeenInput, seenOf } from "../engine/seen-input.ts";
import { keyOf, type Node } from "../kernel/node.ts";
import type { CallInput } from "../tools/input-reading.ts";
import type { CallRequest } from "../tools/running-call.ts";
import { isObject } from "../tools/schema/schema-keywords.ts";
import type { Json } from "../wire/json.ts";

export type ReadCallInput = Extract<CallInput, { status: "read" }>;

/** A call whose input is being read. */
interface Awaited {
  readonly given: Promise<CallInput>;
  /** The input as its tool will get it, set once it is known. */
  whole?: CallInput;
  readonly goOn: (given: CallInput) => void;
  /** Called when the agent ends before the input is known. */
  readonly onWithdrawn: () => void;
}

/** An input that was read for one version of a tool; it is not valid for another. */
interface Kept {
  readonly given: ReadCallInput;
  readonly version: string | undefined;
}

/**
 * Inputs that are being read for calls not yet requested, and inputs that were read for calls that
 * have stopped on their way.
 */
export class ToolInputs {
  readonly #swarm: Engine;
  readonly #awaited = new Map<Node, Map<string, Awaited>>();
  readonly #kept = new Map<Node, Map<string, Kept>>();

  constructor(swarm: Engine) {
    this.#swarm = swarm;
  }

  /** Returns the state that a snapshot keeps and a replay must reproduce. */
  get saved() {
    const calls = <Of>(of: Map<Node, Map<string, Of>>) =>
      [...of].map(([node, own]) => [node, [...own.keys()]] as const);
    return { awaited: calls(this.#awaited), kept: calls(this.#kept) };
  }

  /** Posts the input once it is known, unless its agent has ended meanwhile. */
  await(node: Node, callId: string, awaited: Awaited): void {
    put(this.#awaited, node, callId, awaited);
    const agent = keyOf(node);
    // The promise never rejects.
    void awaited.given.then((given) => {
      if (this.#awaited.get(node)?.get(callId) !== awaited) return;
      awaited.whole = given;
      this.#swarm.inbox.post({ type: "tool-input", agent, callId, given: seenOf(given) });
    });
  }

  /** Continues with a call whose input is known. */
  read(node: Node, callId: string, seen: SeenInput): void {
    const awaited = pull(this.#awaited, node, callId);
    awaited?.goOn(awaited.whole ?? inputSeen(seen));
  }

  /** Keeps an input until its call is resumed. */
  keep(node: Node, callId: string, kept: Kept): void {
    if (!node.closed) put(this.#kept, node, callId, kept);
  }

  /** Removes and returns a kept input, if the tool still has the version it was read for. */
  take(node: Node, callId: string, version: string | undefined): ReadCallInput | undefined {
    const kept = pull(this.#kept, node, callId);
    return kept?.version === version ? kept?.given : undefined;
  }

  drop(node: Node, callId: string): void {
    pull(this.#kept, node, callId);
  }

  /** Drops the inputs of an agent that is ending. */
  withdraw(node: Node): void {
    this.#kept.delete(node);
    const awaited = this.#awaited.get(node);
    this.#awaited.delete(node);
    const withdrawals = [...(awaited?.values() ?? [])].map(({ onWithdrawn }) => onWithdrawn);
    this.#swarm.contained.all(node.path, "tool", withdrawals);
  }
}

/**
 * Returns the value that a tool is given for its `checked` input, in which arguments may have been
 * put in canonical form; undefined where the input must be read again.
 */
export function valueFor({ value, view }: ReadCallInput, checked: Json): CallRequest["read"] {
  if (checked === view) return { valid: true, value };
  // A value equal to its view was read by a JSON schema, which reads the canonical form too.
  if (value === view || !isObject(value) || !isObject(view) || !isObject(checked)) return undefined;
  const changed = Object.entries(checked).filter(
    ([key, field]) => !isDeepStrictEqual(field, view[key]),
  );
  const whole: object = Object.create(Object.getPrototypeOf(value));
  return { valid: true, value: Object.assign(whole, value, Object.fromEntries(changed)) };
}

function put<Of>(of: Map<Node, Map<string, Of>>, node: Node, id: string, kept: Of): void {
  const own = of.get(node) ?? new Map<string, Of>();
  of.set(node, own.set(id, kept));
}

function pull<Of>(of: Map<Node, Map<string, Of>>, node: Node, id: string): Of | undefined {
  const own = of.get(node);
  const kept = own?.get(id);
  if (own?.delete(id) && own.size === 0) of.delete(node);
  return kept;
}
