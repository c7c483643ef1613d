import { createRequire } from "node:module";

/**
 * Whether a bundler has put a `require` of its own in the place of that which is written here: a
 * module of Node's has none, but for the one that `node --eval` makes global.
 */
const isBundled = typeof require === "function" && require !== Reflect.get(globalThis, "require");

/**
 * A package that is loaded when it is first used, and then at once: who never does, never pays.
 *
 * @param bundled requires it by a literal, which is what bundlers look for; Node never calls it
 */
export function onFirstUse<Package>(name: string, bundled: () => Package): () => Package {
  let loaded: Package | undefined;
  return () => {
    loaded ??= isBundled ? bundled() : (createRequire(import.meta.url)(name) as Package);
    return loaded;
  };
}
