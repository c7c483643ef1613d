/**
 * Returns the address of a module of this library that is loaded by its URL: a source file beside
 * sources, a built file in a build.
 *
 * @param path the path without its extension, relative to the calling module
 * @param from the address of the calling module; a CommonJS bundle has none
 */
export function ownModule(path: string, from: string | undefined): URL {
  const base = from ?? "file:///bundle/src/bundled/module.js";
  return new URL(`${path}${base.endsWith(".ts") ? ".ts" : ".js"}`, base);
}
