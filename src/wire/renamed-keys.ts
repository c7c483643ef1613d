import type { Json } from "./json.ts";
import { isQuickPattern } from "./pattern.ts";

/** The rules of a schema for the keys of one value. Nodes refer to each other by index. */
export interface KeyNode {
  /** Keys with another name for the model: `[shown, true]`. */
  readonly names?: readonly (readonly [shown: string, true: string])[];
  /** The nodes of declared properties, by true key. */
  readonly fields?: readonly (readonly [key: string, node: number | null])[];
  /** The nodes of the keys that a pattern matches. */
  readonly patterns?: readonly (readonly [pattern: string, node: number | null])[];
  /** The nodes of all other keys. */
  readonly rest?: readonly number[];
  /** The nodes of the first items of a list; `items` has those of all others. */
  readonly first?: readonly (number | null)[];
  readonly items?: readonly number[];
  /** Nodes that apply to the same value too: the branches of a union, the target of a reference. */
  readonly also?: readonly number[];
}

/** The renamed keys of a tool's schema, as plain data; node 0 is the whole input. */
export type RenamedKeys = readonly KeyNode[];

type Fields = { readonly [key: string]: Json | undefined };
type Direction = "restore" | "show";

/** The most levels that are renamed; deeper input is left to the validator. */
const MAX_LEVELS = 200;
/** The most characters of a key that is matched against patterns. */
export const MAX_KEY_LENGTH = 500;
const MAX_KEPT_STATES = 1_000;

/** The nodes that apply to one value, each once, and the data derived from them. */
interface State {
  readonly nodes: readonly {
    readonly node: KeyNode;
    readonly declared: ReadonlySet<string>;
    readonly patterns: readonly { readonly regExp: RegExp; readonly id: number | null }[];
  }[];
  /** The other name of each key, by the direction of the walk. */
  readonly names: ReadonlyMap<string, string>;
  readonly fields: ReadonlyMap<string, readonly number[]>;
}

/** Renames the keys of values between those that a model sees and those of a tool's schema. */
export class KeyRenaming {
  readonly #keys: RenamedKeys;
  readonly #states = new Map<string, State>();

  constructor(keys: RenamedKeys) {
    this.#keys = keys;
  }

  /** Returns a model's value with the true keys. A key that is present under both names stays. */
  restore(value: Json): Json {
    return this.#walk(value, [0], "restore", 0);
  }

  /** Returns a value with the shown keys; `node` is that of its schema. */
  show(value: Json, node = 0): Json {
    return this.#walk(value, [node], "show", 0);
  }

  #walk(value: Json, ids: readonly number[], direction: Direction, level: number): Json {
    if (typeof value !== "object" || value === null) return value;
    if (ids.length === 0 || level > MAX_LEVELS) return value;
    const state = this.#state(ids, direction);
    if (Array.isArray(value)) {
      const list = value as readonly Json[];
      return list.map((item, at) => this.#walk(item, itemAt(state, at), direction, level + 1));
    }
    const fields = value as Fields;
    const entries = Object.entries(fields).map(([key, item = null]): [string, Json] => {
      const other = state.names.get(key) ?? key;
      const named = Object.hasOwn(fields, other) ? key : other;
      const inside = this.#fieldAt(state, direction === "restore" ? named : key);
      return [named, this.#walk(item, inside, direction, level + 1)];
    });
    // `fromEntries` keeps a key named "__proto__" a key.
    return Object.fromEntries(entries);
  }

  #fieldAt(state: State, key: string): readonly number[] {
    const found = [...(state.fields.get(key) ?? [])];
    for (const { node, declared, patterns } of state.nodes) {
      const fits = patterns.filter(
        ({ regExp }) => key.length <= MAX_KEY_LENGTH && regExp.test(key),
      );
      for (const { id } of fits) if (id !== null) found.push(id);
      if (fits.length === 0 && !declared.has(key)) found.push(...(node.rest ?? []));
    }
    return found;
  }

  #state(ids: readonly number[], direction: Direction): State {
    const all = new Set(ids);
    const word = `${direction} ${[...all].sort((a, b) => a - b).join(" ")}`;
    const known = this.#states.get(word);
    if (known !== undefined) return known;
    // Iterating a set includes the items added meanwhile.
    for (const id of all) for (const next of this.#keys[id]?.also ?? []) all.add(next);
    const nodes = [...all].flatMap((id) => this.#keys[id] ?? []);
    const pairs = nodes.flatMap(({ names = [] }) => names);
    const ordered = direction === "restore" ? pairs : pairs.map(([a, b]) => [b, a] as const);
    const fields = new Map<string, number[]>();
    for (const [key, id] of nodes.flatMap((node) => node.fields ?? [])) {
      const into = fields.get(key) ?? [];
      fields.set(key, into);
      if (id !== null) into.push(id);
    }
    const state = { nodes: nodes.map(readNode), names: new Map(ordered), fields };
    if (this.#states.size >= MAX_KEPT_STATES) this.#states.clear();
    this.#states.set(word, state);
    return state;
  }
}

function readNode(node: KeyNode): State["nodes"][number] {
  const { fields = [], patterns = [] } = node;
  return {
    node,
    declared: new Set(fields.map(([key]) => key)),
    patterns: patterns.flatMap(([pattern, id]) =>
      isQuickPattern(pattern, MAX_KEY_LENGTH) ? [{ regExp: new RegExp(pattern, "u"), id }] : [],
    ),
  };
}

function itemAt({ nodes }: State, at: number): readonly number[] {
  return nodes.flatMap(({ node: { first = [], items = [] } }) => {
    const id = first[at];
    return id === undefined ? items : id === null ? [] : [id];
  });
}
