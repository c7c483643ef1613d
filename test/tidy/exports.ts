import type { Source } from "./source.ts";

const DEFINED =
  /^export (?:abstract )?(?:async )?(?:interface|type|class|const|function\*?|let) (\w+)/gm;

/** Exported names that mean two things: who reads one file cannot know which is meant. */
export function namesDefinedTwice(sources: readonly Source[]): string[] {
  const homes = new Map<string, string>();
  return sources.flatMap(({ path, code }) => {
    if (!/^(src|machines|workers)\//.test(path)) return [];
    // Overloads of one function are one definition.
    const names = new Set([...code.matchAll(DEFINED)].map(([, name]) => name as string));
    return [...names].flatMap((name) => {
      const home = homes.get(name);
      homes.set(name, home ?? path);
      return home === undefined ? [] : [`${path} defines ${name}, as ${home} does: rename one`];
    });
  });
}
