import { randomUUID } from "node:crypto";
import * as fs from "node:fs";
import { dirname, join } from "node:path";
import type { StarterFile } from "./starter-files.ts";

/** What a folder may have in it that a swarm is to be made in: a repository just begun. */
const HARMLESS: ReadonlySet<string> = new Set([
  ".DS_Store",
  ".editorconfig",
  ".git",
  ".gitattributes",
  ".github",
  ".idea",
  ".vscode",
  "LICENSE",
  "LICENSE.md",
  "README.md",
  "Thumbs.db",
]);

/** Something is there already, by this name. */
export class InTheWay extends Error {
  override readonly name = "InTheWay";
  readonly file: string;

  constructor(file: string) {
    super(`${file} is there already`);
    this.file = file;
  }
}

/**
 * Writes files into a folder, which is made, with those above it, where it is not there.
 *
 * **Guarantees** nothing that is there is changed; all files or none: what was made is taken back
 * when one cannot be written, and a new folder appears with all of them in it, or not at all.
 * **Fails with** InTheWay, and what the file system says.
 */
export function fillFolder(folder: string, files: readonly StarterFile[]): void {
  if (isThere(folder)) return fillOld(folder, files);
  const parent = dirname(folder);
  const missing = missingFolders(parent);
  // Beside it, on the same disk, so that it can be moved to its place in one step.
  const made = join(parent, `.coppice-${randomUUID().slice(0, 8)}`);
  try {
    // One by one: with `recursive` Node never ends in a folder like /proc, which takes none.
    for (const path of [...missing.toReversed(), made]) fs.mkdirSync(path);
    for (const { name, text } of files) fs.writeFileSync(join(made, name), text);
    fs.renameSync(made, folder);
  } catch (thrown) {
    fs.rmSync(made, { recursive: true, force: true });
    for (const path of missing) removeEmpty(path);
    throw thrown;
  }
}

function fillOld(folder: string, files: readonly StarterFile[]): void {
  refuseWhatIsThere(folder, files);
  const made: string[] = [];
  try {
    for (const { name, text } of files) {
      const path = join(folder, name);
      // Never what came to be there since we looked.
      const file = fs.openSync(path, "wx");
      made.push(path);
      fs.writeFileSync(file, text);
      fs.closeSync(file);
    }
  } catch (thrown) {
    for (const path of made) fs.rmSync(path, { force: true });
    const next = files[made.length]?.name;
    throw isCode(thrown, "EEXIST") && next !== undefined ? new InTheWay(next) : thrown;
  }
}

/** Those of a path that are not there, the innermost first. */
function missingFolders(path: string): string[] {
  return isThere(path) ? [] : [path, ...missingFolders(dirname(path))];
}

/** A folder that was made for nothing; what somebody else has put something into stays. */
function removeEmpty(path: string): void {
  if (isThere(path) && fs.readdirSync(path).length === 0) fs.rmdirSync(path);
}

/** True for a link too, wherever it leads. */
function isThere(path: string): boolean {
  return fs.lstatSync(path, { throwIfNoEntry: false }) !== undefined;
}

function refuseWhatIsThere(folder: string, files: readonly StarterFile[]): void {
  const ours = files.map(({ name }) => name);
  const found = fs.readdirSync(folder);
  const first = ours.find((name) => found.includes(name));
  const other = found.find((name) => !HARMLESS.has(name));
  const file = first ?? other;
  if (file !== undefined) throw new InTheWay(file);
}

function isCode(thrown: unknown, code: string): boolean {
  return thrown instanceof Error && "code" in thrown && thrown.code === code;
}
