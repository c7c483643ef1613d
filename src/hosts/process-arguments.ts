import { fileURLToPath } from "node:url";
import { moduleOptions } from "./module-options.ts";

/** Newer versions of Node count the network among what has to be allowed. */
const net = ["--allow-net"].filter((flag) => process.allowedNodeEnvironmentFlags.has(flag));

/** V8's own, in megabytes, where nobody asks for another. */
const DEFAULT_SEMI_SPACE_MB = 16;
/** There are three semi-spaces, and they come on top of the limit of the old space. */
const semiSpaceShare = 1 / 24;

/**
 * Node's arguments for the program of a process host.
 *
 * It may read files and use the network, and must not write files, start programs or threads, open
 * databases, load native code or be debugged; `agents/process-fence.ts` adds what no option can
 * take. That is a fence against accidents and no sandbox: Node's own words.
 * @see https://nodejs.org/api/permissions.html
 */
export function processArguments(program: URL, memoryMb: number): string[] {
  return [
    "--permission",
    "--allow-fs-read=*",
    ...net,
    // It writes files that the permissions know nothing of.
    "--no-experimental-sqlite",
    "--disable-sigusr1",
    `--max-old-space-size=${memoryMb}`,
    `--max-semi-space-size=${semiSpaceMb(memoryMb)}`,
    ...moduleOptions(process.execArgv),
    fileURLToPath(program),
  ];
}

/** A small one where memory is scarce: its garbage is resident memory too, and nobody's fault. */
function semiSpaceMb(memoryMb: number): number {
  return Math.min(DEFAULT_SEMI_SPACE_MB, Math.ceil(memoryMb * semiSpaceShare));
}
