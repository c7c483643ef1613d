import type { Json } from "./json.ts";
import { isQuickPattern } from "./pattern.ts";

/** What a schema says of the keys of one value. Nodes are named by their index. */
export interface KeyNode {
  /** Keys that go by another name before the model: `[shown, true]`. */
  readonly names?: readonly (readonly [shown: string, true: string])[];
  /** By true key: the values of the properties that are declared. */
  readonly fields?: readonly (readonly [key: string, node: number | null])[];
  /** The values of all keys that a pattern matches. */
  readonly patterns?: readonly (readonly [pattern: string, node: number | null])[];
  /** The values of all other keys. */
  readonly rest?: readonly number[];
  /** The first items of a list, then all others. */
  readonly first?: readonly (number | null)[];
  readonly items?: readonly number[];
  /** What holds for the same value too: the branches of a union, the target of a reference. */
  readonly also?: readonly number[];
}

/** The renamed keys of a tool's schema, as plain data; node 0 is the whole input. */
export type RenamedKeys = readonly KeyNode[];

type Fields = { readonly [key: string]: Json | undefined };
type Direction = "restore" | "show";

/** Deeper input is left as it is, for whoever validates it. */
const MOST_LEVELS = 200;
/** Longer keys are held against no pattern. */
export const LONGEST_KEY = 500;
const STATES_KEPT = 1_000;

/** Nodes that hold for one value, each once, and what is read off them. */
interface State {
  readonly nodes: readonly {
    readonly node: KeyNode;
    readonly declared: ReadonlySet<string>;
    readonly patterns: readonly { readonly regExp: RegExp; readonly id: number | null }[];
  }[];
  /** The other name of a key, by the direction of the walk. */
  readonly names: ReadonlyMap<string, string>;
  readonly fields: ReadonlyMap<string, readonly number[]>;
}

/** Renames the keys of values between what a model is shown and what a tool's schema says. */
export class KeyRenaming {
  readonly #keys: RenamedKeys;
  readonly #states = new Map<string, State>();

  constructor(keys: RenamedKeys) {
    this.#keys = keys;
  }

  /** What a model said, with the true keys. A key that is there under both names stays as it is. */
  restore(value: Json): Json {
    return this.#walk(value, [0], "restore", 0);
  }

  /** The inverse; `node` says of which schema `value` is. */
  show(value: Json, node = 0): Json {
    return this.#walk(value, [node], "show", 0);
  }

  #walk(value: Json, ids: readonly number[], direction: Direction, level: number): Json {
    if (typeof value !== "object" || value === null) return value;
    if (ids.length === 0 || level > MOST_LEVELS) return value;
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
      const fits = patterns.filter(({ regExp }) => key.length <= LONGEST_KEY && regExp.test(key));
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
    // A set is walked on to what is added meanwhile.
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
    if (this.#states.size >= STATES_KEPT) this.#states.clear();
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
      isQuickPattern(pattern, LONGEST_KEY) ? [{ regExp: new RegExp(pattern, "u"), id }] : [],
    ),
  };
}

function itemAt({ nodes }: State, at: number): readonly number[] {
  return nodes.flatMap(({ node: { first = [], items = [] } }) => {
    const id = first[at];
    return id === undefined ? items : id === null ? [] : [id];
  });
}
