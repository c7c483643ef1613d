import { readFileSync } from "node:fs";
import { findPackageJSON } from "node:module";
import { CoppiceError, type ErrorCode } from "../index.ts";
import { parseArguments } from "./arguments.ts";
import { Departure } from "./departure.ts";
import { EXIT_CODES, USAGE_EXIT_CODE } from "./exit-codes.ts";
import { HELP } from "./help.ts";
import { run } from "./run.ts";
import { UsageError } from "./usage-error.ts";
import { visible } from "./visible.ts";

/** Refusals that somebody mends by changing the file or the command line. */
const MENDABLE: ReadonlySet<ErrorCode> = new Set<ErrorCode>([
  "OPTIONS_INVALID",
  "TOOL_UNKNOWN",
  "AGENT_UNKNOWN",
  "NAME_INVALID",
  "MACHINE_INVALID",
  "DEPTH_EXCEEDED",
  "SPAWNS_EXCEEDED",
  "CHILDREN_EXCEEDED",
  "QUEUE_FULL",
]);

/** Runs the program and ends the process: a tool or a thread that never ends must not keep it. */
export async function start(argv: readonly string[]): Promise<void> {
  // A signal that agents could send must not open a debugger in here: Node leaves it to listeners.
  process.on("SIGUSR1", () => undefined);
  const departure = new Departure();
  departure.leave(await program(argv, departure));
}

async function program(argv: readonly string[], departure: Departure): Promise<number> {
  try {
    const command = parseArguments(argv);
    if (command.type === "run") return await run(command, departure);
    await write(process.stdout, command.type === "help" ? HELP : `${version()}\n`);
    return 0;
  } catch (thrown) {
    await write(process.stderr, `coppice: ${visible(describe(thrown))}\n`);
    return codeOf(thrown);
  }
}

function codeOf(thrown: unknown): number {
  if (thrown instanceof UsageError) return USAGE_EXIT_CODE;
  if (!(thrown instanceof CoppiceError)) return EXIT_CODES.failed;
  if (thrown.code === "CANCELLED") return EXIT_CODES.cancelled;
  // Refused before it began, or ended when it was spent: to a script it is the same.
  if (thrown.code === "BUDGET_EXCEEDED") return EXIT_CODES.exhausted;
  return MENDABLE.has(thrown.code) ? USAGE_EXIT_CODE : EXIT_CODES.failed;
}

function describe(thrown: unknown): string {
  if (thrown instanceof UsageError) return thrown.message;
  if (thrown instanceof CoppiceError) return `${thrown.code}: ${thrown.message}`;
  return thrown instanceof Error ? (thrown.stack ?? thrown.message) : String(thrown);
}

/** Resolves when it is written; a reader that has gone away is no error. */
async function write(stream: NodeJS.WriteStream, text: string): Promise<void> {
  await new Promise<void>((resolve) => {
    stream.once("error", () => resolve());
    stream.write(text, () => resolve());
  });
}

function version(): string {
  const path = findPackageJSON("..", import.meta.url);
  if (path === undefined) return "unknown";
  return (JSON.parse(readFileSync(path, "utf8")) as { readonly version: string }).version;
}
