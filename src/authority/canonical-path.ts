import { lstatSync, readlinkSync, realpathSync } from "node:fs";
import { join } from "node:path";
import type { ReadValue } from "../../machines/capability/arguments.ts";
import { describe } from "../wire/error-codec.ts";

/** The limit of Linux: more links than this are taken for a cycle. */
const MAX_LINKS = 40;
const MAX_CHARACTERS = 4096;

/** The limit of names, since each one is a system call on the supervisor's thread. */
const MAX_NAMES = 256;

/** Signs that programs read differently, which are refused rather than guessed at. */
const AMBIGUOUS: readonly (readonly [RegExp, string])[] = [
  [/[\p{Cc}\u2028\u2029\u202a-\u202e\u2066-\u2069]/u, "it has a control character"],
  [/\\/, "it has a backslash"],
  [/%[0-9a-f]{2}/i, "it has a percent-encoded character"],
  [/^\/\/(?!\/)/, "it names a network share"],
  [/^[a-z][a-z0-9+.-]*:/i, "it begins with a drive or a scheme"],
  [/^~/, "it begins with a home folder"],
  [/(^|\/)\s|\s(\/|$)/u, "a name in it begins or ends with a space"],
  [/(^|\/)(?!\.{1,2}(\/|$))[^/]*\.(\/|$)/, "a name in it ends with a dot"],
];

/** Signs that a name must not get when a program folds its characters. */
const FOLDED = /[/\\]|^\.{1,2}$|^~|%[0-9a-f]{2}/i;

/**
 * Returns the real path that a path leads to: absolute, without `.`, `..`, doubled slashes and
 * links. A path that does not exist yet is below the real path of its deepest existing folder, and
 * a link to a missing file leads to where its target would be. Relative paths are below
 * `process.cwd()`. `..` goes up from the target of a link, as in the file system.
 *
 * **Guarantees** ambiguous paths are unreadable: control characters, backslashes, `~`, drives,
 * shares, schemes, percent-encoding, names that end with a dot or a space, names that fold into
 * `..` or a slash.
 * **Gotcha** the answer is true at the time of the check: a process that changes links between the
 * check and the call can lead elsewhere. Hard links and mounts are not resolved.
 */
export function canonicalPath(path: string): ReadValue {
  const why = ambiguity(path);
  if (why !== undefined) return { text: path, unreadable: why };
  try {
    const parts = realParts(path.startsWith("/") ? path : `${process.cwd()}/${path}`);
    const text = `/${parts.join("/")}`;
    const unfit = AMBIGUOUS[0]?.[0].test(text) || text.includes("\ufffd");
    return unfit ? { text: path, unreadable: "it leads to a name of no text" } : { text, parts };
  } catch (error) {
    return { text: path, unreadable: `it cannot be resolved: ${describe(error)}` };
  }
}

function ambiguity(path: string): string | undefined {
  if (path === "") return "it is empty";
  if (path.length > MAX_CHARACTERS) return `it is longer than ${MAX_CHARACTERS} characters`;
  if (!path.isWellFormed()) return "it is not well-formed text";
  for (const [sign, why] of AMBIGUOUS) if (sign.test(path)) return why;
  for (const name of path.split("/")) {
    const folded = name.normalize("NFKC");
    if (folded !== name && FOLDED.test(folded)) return `"${name}" looks like "${folded}"`;
  }
  return undefined;
}

/**
 * Returns the names of the real path. Links are followed one by one, so that a link to a missing
 * file is followed too.
 */
function realParts(path: string): string[] {
  const due = path.split("/").reverse();
  let real = "/";
  let [names, links] = [0, 0];
  const missing: string[] = [];
  for (let name = due.pop(); name !== undefined; name = due.pop()) {
    if (name === "" || name === ".") continue;
    if (missing.length > 0) {
      if (name === "..") missing.pop();
      else missing.push(name);
      continue;
    }
    names += 1;
    if (names > MAX_NAMES) throw new RangeError(`more than ${MAX_NAMES} names`);
    const next = join(real, name);
    const target = look(next, due);
    if (target === undefined) missing.push(name);
    else if (target === null) real = next;
    else {
      links += 1;
      if (links > MAX_LINKS) throw new RangeError(`more than ${MAX_LINKS} links`);
      if (target.startsWith("/")) real = "/";
      due.push(...target.split("/").reverse());
    }
  }
  // On a file system that ignores case too, a name is spelled as its folder lists it.
  const parts = realpathSync.native(real).split("/");
  return [...parts, ...missing].filter((name) => name !== "");
}

/** Returns the target of a link; null for a file or folder, undefined for a missing one. */
function look(path: string, due: readonly string[]): string | null | undefined {
  const found = lstatSync(path, { throwIfNoEntry: false });
  if (found === undefined) return undefined;
  if (found.isSymbolicLink()) return readlinkSync(path);
  if (!found.isDirectory() && due.some((name) => name !== "")) {
    throw new RangeError(`${path} is no folder`);
  }
  return null;
}
