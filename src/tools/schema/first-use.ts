import { createRequire } from "node:module";

const require = createRequire(import.meta.url);

/** A package that is loaded when it is first used, and then at once: who never does, never pays. */
export function onFirstUse<Package>(name: string): () => Package {
  let loaded: Package | undefined;
  return () => {
    loaded ??= require(name) as Package;
    return loaded;
  };
}
