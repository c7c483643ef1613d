import type { OwnJson } from "./value-copy.ts";

/** Returns the value at a path of keys; undefined when there is none. */
export function valueAt(value: OwnJson, keys: readonly string[]): OwnJson | undefined {
  let at: OwnJson | undefined = value;
  for (const key of keys) {
    if (typeof at !== "object" || at === null || !Object.hasOwn(at, key)) return undefined;
    at = (at as { readonly [key: string]: OwnJson })[key];
  }
  return at;
}
