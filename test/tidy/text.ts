import { posix } from "node:path";
import { lineAt, type Source } from "./source.ts";

const publicEntries = new Set([
  "src/index.ts",
  "src/door/index.ts",
  "src/testing/index.ts",
  "machines/index.ts",
]);

export function fileLength(sources: readonly Source[]): string[] {
  return sources.flatMap(({ path, text }) => {
    const lines = text.replace(/\n$/, "").split("\n").length;
    if (path.startsWith("workers/") && lines >= 60) {
      return [`${path} has ${lines} lines, a worker entry fewer than 60: move policy out of it`];
    }
    const limit = path.startsWith("test/") ? 400 : 300;
    return lines > limit ? [`${path} has ${lines} lines, more than ${limit}: split it`] : [];
  });
}

export function lineLength(sources: readonly Source[]): string[] {
  return sources.flatMap(({ path, text }) =>
    text.split("\n").flatMap((line, index) => {
      const columns = [...line].length;
      if (columns <= 100) return [];
      return [`${path}:${index + 1} has ${columns} columns, more than 100: break the line`];
    }),
  );
}

export function fileNames(sources: readonly Source[]): string[] {
  const kebab = /^[a-z0-9]+(-[a-z0-9]+)*$/;
  const drawers = /^(types?|utils?|commons?|helpers?|misc)$/;
  return sources.flatMap(({ path }) => {
    const names = path.replace(/\.ts$/, "").split(/[/.]/);
    const drawer = names.find((name) => drawers.test(name));
    if (names.some((name) => !kebab.test(name))) return [`${path}: rename it in kebab-case`];
    if (drawer) return [`${path}: "${drawer}" is a drawer, name it after its one concept`];
    if (posix.basename(path) === "index.ts" && !publicEntries.has(path)) {
      return [`${path}: only public entries are barrels, import the files themselves`];
    }
    return [];
  });
}

type Ban = { readonly where: RegExp; readonly what: RegExp; readonly instead: string };

const library = /^(src|machines|workers)\//;
const everywhere = /^/;
const kernel = /^src\/kernel\//;

/** Searched in code, never in comments or strings. */
const bans = {
  console: {
    where: /^(src\/(?!cli\/)|machines\/|workers\/)/,
    what: /(?<![.\w])console\b/g,
    instead: "emit an event, the application decides what to print",
  },
  any: {
    where: library,
    what: /(?:[:<|&,=(]|\bas|\bextends|=>)\s*any\b(?!\s*[:(.?])/g,
    instead: "say the type, or unknown",
  },
  enums: {
    where: everywhere,
    what: /\benum\s+\w+\s*\{/g,
    instead: "write a union of string literals, enums are not erasable",
  },
  emptyCatch: {
    where: everywhere,
    what: /\bcatch\s*(?:\([^()]*\)\s*)?\{\s*\}|\.catch\(\s*\(\w*\)\s*=>\s*\{\s*\}\s*\)/g,
    instead: "handle, report or return; a comment does not count",
  },
  kernelEffects: {
    where: kernel,
    what: new RegExp(
      [
        /\bDate\.now\b/,
        /\bnew\s+Date\b/,
        /\b(?:set|clear)(?:Timeout|Interval|Immediate)\b/,
        /\bqueueMicrotask\b/,
        /\bMath\.random\b/,
        /(?<![.\w])(?:crypto|performance|process)\s*\./,
        /\bawait\b/,
        /\basync\b/,
        /\bPromise\b/,
      ]
        .map((part) => part.source)
        .join("|"),
      "g",
    ),
    instead: "the kernel is pure, take it as an argument or return it as an effect",
  },
  ownClocks: {
    where: /^test\//,
    what: new RegExp(
      [
        /\b(?:useFakeTimers|SimulatedClock)\b/,
        // One that sets timers of Node's is no clock that stands still.
        /\bclearTimeout:\s*\([^()]*\)\s*=>(?!\s*clearTimeout\b)/,
        /\bclearTimeout\([^()]*\)\s*(?::\s*\w+\s*)?\{/,
      ]
        .map((part) => part.source)
        .join("|"),
      "g",
    ),
    instead: "take ManualClock of coppice/testing, or give it what it lacks",
  },
} satisfies Record<string, Ban>;

export type BanName = keyof typeof bans;

export function banned(name: BanName, sources: readonly Source[]): string[] {
  const { where, what, instead } = bans[name];
  return sources.flatMap(({ path, code }) =>
    where.test(path)
      ? [...code.matchAll(what)].map((match) => {
          const found = match[0].trim().replace(/\s+/g, " ");
          return `${path}:${lineAt(code, match.index)} has "${found}": ${instead}`;
        })
      : [],
  );
}

export function kernelModules(sources: readonly Source[]): string[] {
  return sources
    .filter(({ path }) => kernel.test(path))
    .flatMap(({ path, imports }) =>
      imports
        .filter(({ specifier }) => !specifier.startsWith("."))
        .map(({ specifier, line }) => {
          return `${path}:${line} imports ${specifier}: the kernel is pure, import files only`;
        }),
    );
}

/** A docstring whose first word asks instead of naming what it describes. */
const riddle = /\/\*\*\s*(?:\*\s*)?(What|How|Where|Who|Whose|Whether|Why|Which|When)\b/g;

export function docstringOpeners(sources: readonly Source[]): string[] {
  return sources
    .filter(({ path }) => /^(?:src|machines|workers)\//.test(path))
    .flatMap(({ path, text }) =>
      [...text.matchAll(riddle)].map((match) => {
        return `${path}:${lineAt(text, match.index)} opens with "${match[1]}": a noun or a verb`;
      }),
    );
}

export function unfinished(sources: readonly Source[]): string[] {
  return sources.flatMap(({ path, text }) =>
    [...text.matchAll(/\b(?:TO)DO\b|\bFIX(?:ME)\b/g)].map((match) => {
      const line = lineAt(text, match.index);
      return `${path}:${line} has ${match[0]}: do it, or say in a sentence what is missing`;
    }),
  );
}
