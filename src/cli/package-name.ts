/** What is longer is no name that npm takes. */
const LONGEST = 214;
const FALLBACK = "my-swarm";
/** Names that npm refuses, and ours, which the new package depends on. */
const TAKEN: ReadonlySet<string> = new Set(["node_modules", "favicon.ico", "coppice"]);

/**
 * A name that npm takes for a package in this folder.
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
    .slice(0, LONGEST)
    .replace(/[._-]+$/, "");
  if (name === "") return FALLBACK;
  return TAKEN.has(name) ? `${name}-swarm` : name;
}
