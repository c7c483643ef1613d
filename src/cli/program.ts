import { CoppiceError, type ErrorCode } from "../index.ts";
import { visible } from "../log/visible.ts";
import { type CliCommand, parseArguments, type RunCommand } from "./arguments.ts";
import { EXIT_CODES, USAGE_EXIT_CODE } from "./exit-codes.ts";
import { HELP, INIT_HELP } from "./help.ts";
import { init } from "./init.ts";
import { ownPackage } from "./own-package.ts";
import { ProcessExit } from "./process-exit.ts";
import { run } from "./run.ts";
import { UsageError } from "./usage-error.ts";

/** Error codes that a change of the file or of the command line can mend. */
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

/**
 * Runs the program and ends the process: a tool or a thread that never ends must not keep it alive.
 */
export async function start(argv: readonly string[]): Promise<void> {
  // Agents can send SIGUSR1, which opens Node's debugger unless a listener handles it.
  process.on("SIGUSR1", () => undefined);
  const processExit = new ProcessExit();
  processExit.leave(await program(argv, processExit));
}

async function program(argv: readonly string[], processExit: ProcessExit): Promise<number> {
  try {
    const command = parseArguments(argv);
    if (command.type === "run") return await run(command, processExit);
    await write(process.stdout, textOf(command));
    return 0;
  } catch (thrown) {
    await write(process.stderr, `coppice: ${visible(describe(thrown))}\n`);
    return codeOf(thrown);
  }
}

function textOf(command: Exclude<CliCommand, RunCommand>): string {
  if (command.type === "init") return init(command);
  if (command.type === "version") return `${ownPackage().version}\n`;
  return command.of === "init" ? INIT_HELP : HELP;
}

function codeOf(thrown: unknown): number {
  if (thrown instanceof UsageError) return USAGE_EXIT_CODE;
  if (!(thrown instanceof CoppiceError)) return EXIT_CODES.failed;
  if (thrown.code === "CANCELLED") return EXIT_CODES.cancelled;
  // A budget that refuses the start and one that is spent later have the same exit code.
  if (thrown.code === "BUDGET_EXCEEDED") return EXIT_CODES.exhausted;
  return MENDABLE.has(thrown.code) ? USAGE_EXIT_CODE : EXIT_CODES.failed;
}

function describe(thrown: unknown): string {
  if (thrown instanceof UsageError) return thrown.message;
  if (thrown instanceof CoppiceError) return `${thrown.code}: ${thrown.message}`;
  return thrown instanceof Error ? (thrown.stack ?? thrown.message) : String(thrown);
}

/** Resolves when the text is written; a reader that has gone away is not an error. */
async function write(stream: NodeJS.WriteStream, text: string): Promise<void> {
  await new Promise<void>((resolve) => {
    stream.once("error", () => resolve());
    stream.write(text, () => resolve());
  });
}
