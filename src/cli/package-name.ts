/** Characters of a package name, at most: npm's own bound. */
const MAX_NAME_LENGTH = 214;
const FALLBACK = "my-swarm";
/** Names that npm refuses, and `coppice`, which the new package depends on. */
const TAKEN: ReadonlySet<string> = new Set(["node_modules", "favicon.ico", "coppice"]);

/**
 * Returns a package name that npm accepts for a folder.
 *
 * @param folder the folder's own name, which may have spaces, capitals and letters of any script
 */
export function packageNameOf(folder: string): string {
  const name = folder
    .normalize("NFKD")
    .replace(/\p{M}/gu, "")
    .toLowerCase()
    .replace(/[^a-z\d._-]+/g, "-")
    .replace(/^[._-]+/, "")
    .slice(0, MAX_NAME_LENGTH)
    .replace(/[._-]+$/, "");
  if (name === "") return FALLBACK;
  return TAKEN.has(name) ? `${name}-swarm` : name;
}
