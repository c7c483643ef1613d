/**
 * The address of a module of ours that others load: it lies beside the source as source, and beside
 * what was built as built.
 *
 * @param path without its ending, as seen from the module that asks
 * @param from the address of the module that asks; a bundle of the older kind of modules has none
 */
export function ownModule(path: string, from: string | undefined): URL {
  const base = from ?? "file:///bundle/src/bundled/module.js";
  return new URL(`${path}${base.endsWith(".ts") ? ".ts" : ".js"}`, base);
}
