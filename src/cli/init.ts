import { basename, isAbsolute, join, resolve } from "node:path";
import { oneLine, visible } from "../log/visible.ts";
import type { InitCommand } from "./arguments.ts";
import { fillFolder, InTheWay } from "./new-folder.ts";
import { ownPackage } from "./own-package.ts";
import { packageNameOf } from "./package-name.ts";
import { type StarterFile, starterFiles } from "./starter-files.ts";
import { UsageError } from "./usage-error.ts";

/** Paths that a shell needs no quotes for. */
const PLAIN = /^[\w./\\:@%+,-]+$/;
const EXPLAINED: Readonly<Record<string, string>> = {
  EACCES: "you may not write there",
  EPERM: "you may not write there",
  EROFS: "nothing can be written there",
  ENOSPC: "the disk is full",
  ENAMETOOLONG: "the name is too long",
  ENOTDIR: "a file is where a folder should be",
  EEXIST: "a file, or a link that leads nowhere, is there already",
  ENOENT: "a link that leads nowhere is there already, or no folder can be made there",
  ELOOP: "links lead round in a circle",
};

/**
 * Makes a folder with a swarm that runs.
 *
 * **Fails with** UsageError, which names what is in the way; nothing has been written then.
 * @returns what to do next
 */
export function init({ folder }: InitCommand): string {
  if (visible(folder) !== folder || folder.includes("\n")) {
    throw new UsageError(`A folder needs a name that can be read: ${oneLine(folder)}.`);
  }
  // Too short to be interrupted in the middle.
  const wait = (): void => undefined;
  process.on("SIGINT", wait).on("SIGTERM", wait);
  try {
    const path = resolve(folder);
    if (path.split(/[\\/]/).includes("node_modules")) {
      throw new UsageError("Node runs no TypeScript in node_modules: name another folder.");
    }
    const files = starterFiles(packageNameOf(basename(path)), ownPackage());
    fillFolder(path, files);
    return nextSteps(folder, files);
  } catch (thrown) {
    if (thrown instanceof UsageError) throw thrown;
    throw new UsageError(refusal(folder, thrown), { cause: thrown });
  } finally {
    process.off("SIGINT", wait).off("SIGTERM", wait);
  }
}

function nextSteps(folder: string, files: readonly StarterFile[]): string {
  const isHere = resolve(folder) === process.cwd();
  const made = files.map(({ name }) => name).join(", ");
  const steps = ["npm install", "npm start"];
  const next = isHere ? [...steps, "npm test"] : [`cd ${shellWord(folder)}`, ...steps];
  const lines = next.map((line) => `  ${line}\n`).join("");
  return `Made a swarm in ${isHere ? "this folder" : folder}: ${made}.\nNext:\n\n${lines}`;
}

function refusal(folder: string, thrown: unknown): string {
  if (thrown instanceof InTheWay) {
    const isHere = resolve(folder) === process.cwd();
    const file = isHere ? thrown.file : join(folder, thrown.file);
    const other = isHere ? "a new folder: coppice init my-swarm" : "another folder";
    const rule = "init writes into new and empty folders only, and overwrites nothing";
    return `${file} is in the way: ${rule}. Name ${other}.`;
  }
  const { code = "", syscall } = thrown as NodeJS.ErrnoException;
  const why = syscall === "uv_cwd" ? "the folder that you are in is gone" : EXPLAINED[code];
  if (why === undefined) throw thrown;
  return `No swarm can be made in ${folder}: ${why} (${code}). Name another folder.`;
}

/** The folder as a word of a command line that can be pasted. */
function shellWord(folder: string): string {
  const path = folder.startsWith("-") && !isAbsolute(folder) ? `./${folder}` : folder;
  if (PLAIN.test(path)) return path;
  if (process.platform === "win32") return `"${path}"`;
  return `'${path.replaceAll("'", "'\\''")}'`;
}
