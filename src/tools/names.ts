import { createHash } from "node:crypto";
import { CoppiceError } from "../errors.ts";

/** Names of tools that the agent loop itself shows to models. */
export const RESERVED_NAMES: readonly string[] = [
  "spawn_agent",
  "send_message",
  "wait_agents",
  "cancel_agent",
];

/** The longest name of a tool that services of models accept. */
const MAX_LENGTH = 64;

/** Returns the name by which models know a subject: `fs/read` is `fs__read`. */
export function nameForModels(subject: string): string {
  const name = subject.replace("/", "__").replace(/[^A-Za-z0-9_-]/g, "_");
  const [, own = ""] = /^[^/]*\/?(.*)$/s.exec(subject) ?? [];
  // A name without ASCII letters and digits would be underscores alone, and equal to others.
  if (own !== "" && !/[A-Za-z0-9]/.test(own)) return withHash(name, subject);
  return name.length <= MAX_LENGTH ? name : withHash(name, subject);
}

/**
 * Checks the names of the embedder's own tools.
 *
 * **Fails with** `OPTIONS_INVALID` when models would see two of them under the same name, or one
 * under a reserved name.
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
  /** True when the name was assigned by this call. */
  readonly isNew: boolean;
  /** True when the name differs from the usual one, because that was taken. */
  readonly isRenamed: boolean;
}

/**
 * The names by which models know subjects; no two are equal.
 *
 * **Guarantees** a subject keeps its name until `keepOnly` leaves it out. When two would get the
 * same name, the later one gets a hash in its name: a server that lists new tools must not stop
 * agents at work.
 */
export class NameTable {
  readonly #names = new Map<string, string>();
  readonly #taken = new Set(RESERVED_NAMES);

  nameOf(subject: string): Named {
    const wanted = nameForModels(subject);
    const known = this.#names.get(subject);
    if (known !== undefined) return { name: known, isNew: false, isRenamed: known !== wanted };
    let name = wanted;
    // A name with the hash may be taken too.
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
