import { createHash } from "node:crypto";
import { CoppiceError } from "../errors.ts";

/** What the agent loop itself shows to models. */
export const RESERVED_NAMES: readonly string[] = [
  "spawn_agent",
  "send_message",
  "wait_agents",
  "cancel_agent",
];

/** The longest name of a tool that services of models accept. */
const MAX_LENGTH = 64;

/** The name a model knows a subject by: `fs/read` is `fs__read`. */
export function nameForModels(subject: string): string {
  const name = subject.replace("/", "__").replace(/[^A-Za-z0-9_-]/g, "_");
  const [, own = ""] = /^[^/]*\/?(.*)$/s.exec(subject) ?? [];
  // A name of other letters alone would be the same as that of its every neighbour.
  if (own !== "" && !/[A-Za-z0-9]/.test(own)) return withHash(name, subject);
  return name.length <= MAX_LENGTH ? name : withHash(name, subject);
}

/**
 * Checks the names of the embedder's own tools.
 *
 * **Fails with** `OPTIONS_INVALID` when two would be shown to models under the same name, or one
 * under a reserved one.
 */
export function checkNames(subjects: Iterable<string>): void {
  const owners = new Map(RESERVED_NAMES.map((name) => [name, "the agent loop"]));
  for (const subject of subjects) {
    const name = nameForModels(subject);
    const owner = owners.get(name);
    if (owner !== undefined) throw clashOf(name, subject, owner);
    owners.set(name, `tool "${subject}"`);
  }
}

export interface Named {
  readonly name: string;
  /** It was given just now. */
  readonly isNew: boolean;
  /** It is another than it would be alone, since that one was taken. */
  readonly isRenamed: boolean;
}

/**
 * The names by which models know subjects, each of them once.
 *
 * **Guarantees** a subject keeps its name until it is left out of `keepOnly`; where two would get
 * the same, the later gets its own with a hash, since a server that lists new tools while agents
 * work must not be able to stop them.
 */
export class NameTable {
  readonly #names = new Map<string, string>();
  readonly #taken = new Set(RESERVED_NAMES);

  nameOf(subject: string): Named {
    const wanted = nameForModels(subject);
    const known = this.#names.get(subject);
    if (known !== undefined) return { name: known, isNew: false, isRenamed: known !== wanted };
    let name = wanted;
    // The hash itself is a name that another may have.
    for (let n = 0; this.#taken.has(name); n += 1) name = withHash(wanted, subject + " ".repeat(n));
    this.#taken.add(name);
    this.#names.set(subject, name);
    return { name, isNew: true, isRenamed: name !== wanted };
  }

  keepOnly(subjects: ReadonlySet<string>): void {
    for (const [subject, name] of this.#names) {
      if (subjects.has(subject)) continue;
      this.#names.delete(subject);
      this.#taken.delete(name);
    }
  }
}

function withHash(name: string, subject: string): string {
  const hash = createHash("sha256").update(subject).digest("hex").slice(0, 6);
  return `${name.slice(0, MAX_LENGTH - hash.length - 1)}_${hash}`;
}

function clashOf(name: string, subject: string, owner: string): CoppiceError {
  return new CoppiceError(
    "OPTIONS_INVALID",
    `Tool "${subject}" and ${owner} would both be shown to models as "${name}". Rename one.`,
    { name, subject },
  );
}
