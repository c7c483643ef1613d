import type { ArgumentCondition, ArgumentPattern } from "../../machines/capability/arguments.ts";
import { canonicalCommand } from "./canonical-command.ts";
import { canonicalPath } from "./canonical-path.ts";
import { addressParts, DEFAULT_PORTS, decodeNeedless, unfitHost } from "./canonical-url.ts";

/** Signs that look like wildcards and are none. They fail, since in a deny they would be a hole. */
const OTHER_WILDCARD = /[?[\]{}\\\p{Cc}]/u;
const NO_OTHER = "can have no other wildcard than * and **";

/** Returns the error for an option that cannot be used. */
type Refuse = (what: string) => Error;

/**
 * Reads the `where` of a grant: for each argument one pattern or several, of which one must match.
 *
 * - `path:/srv/docs/**`: a folder and everything below it; `**` stands for any number of names, `*`
 *   for any characters of one. The part before the first `*` is resolved once, now, so that moving
 *   a link later does not move the right. It is absolute or begins with `./` or `../`.
 * - `url:https://*.example.com/**`: scheme, host, port and path; `*.` stands for one or more names
 *   before the host, `*` for any host, `:*` for any port; without a port the scheme's own. `**` and
 *   `*` in the path as above. Query and fragment are free.
 * - `cmd:git log *`: these words; `*` at the end stands for any further words that are not options,
 *   `-*` for options, `-* *` for both.
 * - Anything else is an exact glob over the text of the value, or over its JSON with sorted keys
 *   where it is not text; `*` stands for any characters.
 *
 * For an allow each element of a list must match, and a missing argument matches nothing. For a
 * deny and an ask the patterns are widened: see `machines/capability/widening.ts`.
 */
export function readWhere(where: unknown, refuse: Refuse): readonly ArgumentCondition[] {
  if (typeof where !== "object" || where === null || Array.isArray(where)) {
    throw refuse("`where` must be an object of arguments");
  }
  const conditions = Object.entries(where).map(([argument, patterns]) => {
    const list: readonly unknown[] = Array.isArray(patterns) ? patterns : [patterns];
    if (list.length === 0) throw refuse(`\`where.${argument}\` names no pattern`);
    return { argument, patterns: list.map((pattern) => readPattern(pattern, argument, refuse)) };
  });
  if (conditions.length === 0) throw refuse("`where` names no argument");
  return conditions;
}

function readPattern(written: unknown, argument: string, refuse: Refuse): ArgumentPattern {
  const no: Refuse = (what) => refuse(`\`where.${argument}\` ${what}`);
  if (typeof written !== "string") throw no("must be text or a list of texts");
  const [, kind, pattern = ""] = /^(path|url|cmd):(.*)$/s.exec(written) ?? [];
  switch (kind) {
    case "path":
      return { kind, parts: pathParts(pattern, no), written };
    case "url":
      return { kind, parts: urlParts(pattern, no), written };
    case "cmd":
      return { kind, parts: commandParts(pattern, no), written };
    default:
      if (/^\s*(path|url|cmd)\s*:/i.test(written)) {
        throw no("must name its kind in small letters and without spaces: path:, url: or cmd:");
      }
      if (/^(\.{0,2}\/|~)|:\/\//.test(written) && written.includes("*")) {
        throw no("must begin with `path:` or `url:`, since a glob over plain text holds no folder");
      }
      return { kind: "text", parts: [written], written };
  }
}

function pathParts(pattern: string, no: Refuse): string[] {
  if (!/^(\/|\.{1,2}(\/|$))/.test(pattern)) throw no("must be absolute or begin with ./ or ../");
  const names = pattern.split("/");
  const first = names.findIndex((name) => name.includes("*"));
  const fixed = first < 0 ? names : names.slice(0, first);
  const globs = first < 0 ? [] : names.slice(first);
  if (fixed.some((name) => OTHER_WILDCARD.test(name))) throw no(NO_OTHER);
  checkGlobs(globs, no);
  const folder = canonicalPath(fixed.join("/") || "/");
  if ("unreadable" in folder) throw no(`cannot be used: ${folder.unreadable}`);
  return [...folder.parts, ...globs];
}

function urlParts(pattern: string, no: Refuse): string[] {
  const form = /^([a-z]+:)\/\/(\*\.)?([^/?#:[\]@]+|\[[^\]/]*\])(:\d+|:\*)?(\/[^?#]*)$/i;
  const [whole, scheme = "", wild = "", host = "", port = "", path = ""] = form.exec(pattern) ?? [];
  if (whole === undefined) {
    throw no("must be of the form url:scheme://host/path, with /** for every path");
  }
  const protocol = scheme.toLowerCase();
  const fixed = `${protocol}//${host === "*" ? "any" : host}${port === ":*" ? "" : port}`;
  if (!Object.hasOwn(DEFAULT_PORTS, protocol)) throw no(`cannot be of the scheme ${scheme}`);
  const globs = path.split("/").slice(1);
  if (globs.at(-1) === "") globs.pop();
  checkGlobs(globs, no);
  if (/[\\\s]/.test(pattern) || !URL.canParse(fixed + path)) throw no("is no address");
  const url = new URL(fixed + path);
  url.pathname = decodeNeedless(url.pathname);
  const [, name = "", number = "", ...parts] = addressParts(url);
  const isAddress = /^\[|^[\d.]+$/.test(name);
  if (name.includes("*") || unfitHost(name) || (wild !== "" && (isAddress || host === "*"))) {
    throw no("can have * only in place of the whole host, or as *. before a name");
  }
  const names = host === "*" ? "*" : wild + name;
  return [protocol, names, port === ":*" ? "*" : number, ...parts];
}

function commandParts(pattern: string, no: Refuse): string[] {
  const words = pattern.split(" ").filter((word) => word !== "");
  if (words[0]?.includes("*")) throw no("must name the program");
  if (words.some((word) => word.includes("**"))) throw no("can have only single *");
  // A star stands for letters, so the pattern with letters in its place must be a command.
  const command = canonicalCommand(pattern.replaceAll("*", "x"));
  if ("unreadable" in command) throw no(`cannot be used: ${command.unreadable}`);
  return words;
}

function checkGlobs(globs: readonly string[], no: Refuse): void {
  for (const glob of globs) {
    if (glob === "" || glob === "." || glob === "..") throw no("has an empty part, . or .. in it");
    if (glob.includes("**") && glob !== "**") throw no("can have ** only as a whole part");
    if (OTHER_WILDCARD.test(glob)) throw no(NO_OTHER);
  }
}
