import { randomUUID } from "node:crypto";
import * as fs from "node:fs";
import { dirname, join } from "node:path";
import type { StarterFile } from "./starter-files.ts";

/** Entries that a folder may have before a swarm is made in it: those of a new repository. */
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

/** An entry that exists already and would be overwritten. */
export class InTheWay extends Error {
  override readonly name = "InTheWay";
  readonly file: string;

  constructor(file: string) {
    super(`${file} is there already`);
    this.file = file;
  }
}

/**
 * Writes files into a folder, which is created with its parents if it does not exist.
 *
 * **Guarantees** no existing entry is changed. All files are written or none: a failure removes
 * what was made, and a new folder appears with all files in it or not at all.
 * **Fails with** InTheWay, and the errors of the file system.
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
      // Never overwrites a file that was made since the check.
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

/** Returns the folders of a path that do not exist, the innermost first. */
function missingFolders(path: string): string[] {
  return isThere(path) ? [] : [path, ...missingFolders(dirname(path))];
}

/** Removes a folder made in vain, unless somebody else has put something into it. */
function removeEmpty(path: string): void {
  if (isThere(path) && fs.readdirSync(path).length === 0) fs.rmdirSync(path);
}

/** True for an existing entry; for a link, also where it leads nowhere. */
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
