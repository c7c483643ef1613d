import { fileURLToPath } from "node:url";
import { moduleOptions } from "./module-options.ts";

/** Newer versions of Node count the network among what has to be allowed. */
const net = ["--allow-net"].filter((flag) => process.allowedNodeEnvironmentFlags.has(flag));

/**
 * Node's arguments for the program of a process host.
 *
 * It may read files and use the network, and must not write files, start programs or threads, or
 * load native code. That is a fence against accidents and no sandbox: Node's own words.
 * @see https://nodejs.org/api/permissions.html
 */
export function processArguments(program: URL, memoryMb: number): string[] {
  return [
    "--permission",
    "--allow-fs-read=*",
    ...net,
    `--max-old-space-size=${memoryMb}`, `--max-semi-space-size=${Math.max(1, Math.ceil(memoryMb / 16))}`,
    ...moduleOptions(process.execArgv),
    fileURLToPath(program),
  ];
}
