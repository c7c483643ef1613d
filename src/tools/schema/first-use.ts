import { createRequire } from "node:module";

/**
 * True when a bundler replaced `require`: an ES module in Node has none, except the global one of
 * `node --eval`.
 */
const isBundled = typeof require === "function" && require !== Reflect.get(globalThis, "require");

/**
 * Returns a function that loads a package on first use, synchronously; without a use it costs
 * nothing.
 *
 * @param bundled requires it by a literal, which bundlers look for; Node never calls it
 */
export function onFirstUse<Package>(name: string, bundled: () => Package): () => Package {
  let loaded: Package | undefined;
  return () => {
    loaded ??= isBundled ? bundled() : (createRequire(import.meta.url)(name) as Package);
    return loaded;
  };
}
