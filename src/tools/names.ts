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
export function modelName(subject: string): string {
  const name = subject.replace("/", "__").replace(/[^A-Za-z0-9_-]/g, "_");
  const [, own = ""] = /^[^/]*\/?(.*)$/s.exec(subject) ?? [];
  // A name of other letters alone would be the same as that of its every neighbour.
  if (own !== "" && !/[A-Za-z0-9]/.test(own)) return withHash(name, subject);
  return name.length <= MAX_LENGTH ? name : withHash(name, subject);
}

/**
 * Names for all subjects, by subject.
 *
 * **Fails with** `OPTIONS_INVALID` when two would get the same name, or one a reserved name; with
 * `clash: "hash"` the later one gets a name of its own instead, since a server that lists new
 * tools while agents work must not be able to stop them.
 */
export function nameTable(
  subjects: Iterable<string>,
  { clash }: { readonly clash: "refuse" | "hash" },
): ReadonlyMap<string, string> {
  const owners = new Map(RESERVED_NAMES.map((name) => [name, "the agent loop"]));
  const names = new Map<string, string>();
  for (const subject of subjects) {
    let name = modelName(subject);
    const owner = owners.get(name);
    if (owner !== undefined) {
      if (clash === "refuse") throw clashOf(name, subject, owner);
      // The hash itself is a name that another may have.
      for (let n = 0; owners.has(name); n += 1) name = withHash(name, subject + " ".repeat(n));
    }
    owners.set(name, `tool "${subject}"`);
    names.set(subject, name);
  }
  return names;
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
