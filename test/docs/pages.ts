import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";

export const root = new URL("../../", import.meta.url).pathname;

/** A page for readers: its path from the root, and its text. */
export interface Page {
  readonly path: string;
  readonly text: string;
}

const inFolder = (folder: string): string[] =>
  readdirSync(join(root, folder))
    .filter((name) => name.endsWith(".md"))
    .map((name) => `${folder}/${name}`);

/** Every page whose links lead somewhere, and whose programs run. */
export function readPages(): Page[] {
  const paths = ["README.md", "CONTRIBUTING.md", ...inFolder("docs"), ...inFolder("src")];
  return paths.map((path) => ({ path, text: readFileSync(join(root, path), "utf8") }));
}

/** A page without its blocks of code, which have headings and links of their own. */
export function prose(text: string): string {
  return text.replace(/^```.*?^```$/gms, "");
}
