import { fileURLToPath } from "node:url";
import { moduleOptions } from "./module-options.ts";

/** The flag that allows the network, in the versions of Node that have it. */
const net = ["--allow-net"].filter((flag) => process.allowedNodeEnvironmentFlags.has(flag));

/** Megabytes of a semi-space by V8's default. */
const DEFAULT_SEMI_SPACE_MB = 16;
/** Share of the memory limit; there are three semi-spaces, on top of the limit of the old space. */
const semiSpaceShare = 1 / 24;

/**
 * Returns Node's arguments for the program of a process host.
 *
 * The program may read files and use the network. It must not write files, start programs or
 * threads, open databases, load native code or be debugged; `agents/process-fence.ts` closes what
 * no option can. This is a fence against accidents and no sandbox, as Node itself says.
 * @see https://nodejs.org/api/permissions.html
 */
export function processArguments(program: URL, memoryMb: number): string[] {
  return [
    "--permission",
    "--allow-fs-read=*",
    ...net,
    // SQLite writes files that the permissions do not cover.
    "--no-experimental-sqlite",
    "--disable-sigusr1",
    `--max-old-space-size=${memoryMb}`,
    `--max-semi-space-size=${semiSpaceMb(memoryMb)}`,
    ...moduleOptions(process.execArgv),
    fileURLToPath(program),
  ];
}

/**
 * Returns a small size when memory is scarce: the garbage of a semi-space is resident memory too,
 * and no fault of the agent.
 */
function semiSpaceMb(memoryMb: number): number {
  return Math.min(DEFAULT_SEMI_SPACE_MB, Math.ceil(memoryMb * semiSpaceShare));
}
