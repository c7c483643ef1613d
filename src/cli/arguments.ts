import { parseArgs } from "node:util";
import { nearest } from "../wire/did-you-mean.ts";
import { UsageError } from "./usage-error.ts";

/** A parsed command line. */
export type CliCommand =
  | { readonly type: "help"; readonly of?: "init" }
  | { readonly type: "version" }
  | InitCommand
  | RunCommand;

export interface InitCommand {
  readonly type: "init";
  readonly folder: string;
}

export interface RunCommand {
  readonly type: "run";
  readonly file: string;
  readonly agent?: string;
  /** The input text; `-` reads it from standard input. */
  readonly input?: string;
  readonly json: boolean;
  /** True when events are printed as lines of text, also on a terminal. */
  readonly plain: boolean;
  /** True when the inspector is opened; its address is printed. */
  readonly inspect: boolean;
}

/** The options of the command line. */
export const CLI_OPTIONS = {
  agent: { type: "string" },
  input: { type: "string" },
  json: { type: "boolean" },
  plain: { type: "boolean" },
  store: { type: "string" },
  inspect: { type: "boolean" },
  help: { type: "boolean", short: "h" },
  version: { type: "boolean", short: "v" },
} as const;

const names = Object.keys(CLI_OPTIONS);
const commands = ["run", "init"];
const later = ["ps", "tree", "events", "cancel", "approve", "audit"];
const seeHelp = "`coppice --help` lists what there is";

/**
 * Parses the command line.
 *
 * **Fails with** UsageError: one sentence that says what is wrong and what to do.
 */
export function parseArguments(argv: readonly string[]): CliCommand {
  const { values, positionals, tokens } = parseArgs({
    args: [...argv],
    options: CLI_OPTIONS,
    strict: false,
    allowPositionals: true,
    tokens: true,
  });
  for (const token of tokens) if (token.kind === "option") checkOption(token);
  const [command, file, ...more] = positionals;
  if (values.help === true) return { type: "help", ...(command === "init" && { of: "init" }) };
  if (values.version === true) return { type: "version" };
  checkCommand(command);
  refuseLater("--store", values.store !== undefined);
  if (command === "init") return initCommand(file, more, Object.keys(values));
  if (file === undefined) throw new UsageError("Name the file to run: coppice run FILE.");
  if (more.length > 0) {
    const message = `One file at a time: "${more[0]}" is one too many; quote a text with spaces.`;
    throw new UsageError(message);
  }
  const { agent, input, json } = values;
  return {
    type: "run",
    file,
    ...(typeof agent === "string" ? { agent } : {}),
    ...(typeof input === "string" ? { input } : {}),
    json: json === true,
    plain: values.plain === true,
    inspect: values.inspect === true,
  };
}

function initCommand(
  folder: string | undefined,
  more: readonly string[],
  given: readonly string[],
): InitCommand {
  const [option] = given;
  if (option !== undefined) throw new UsageError(`--${option} is for \`coppice run\`, not init.`);
  if (folder === "") throw new UsageError("The folder has no name: coppice init DIR.");
  if (more.length > 0) {
    const message = `One folder at a time: "${more[0]}" is one too many; quote a name with spaces.`;
    throw new UsageError(message);
  }
  return { type: "init", folder: folder ?? "." };
}

interface OptionToken {
  readonly name: string;
  readonly rawName: string;
  readonly value: string | undefined;
  readonly inlineValue: boolean | undefined;
}

function checkOption({ name, rawName, value, inlineValue }: OptionToken): void {
  if (!Object.hasOwn(CLI_OPTIONS, name)) {
    const meant = nearest(name, names);
    const advice = meant === undefined ? seeHelp : `did you mean --${meant}?`;
    throw new UsageError(`There is no option ${rawName}; ${advice}${meant ? "" : "."}`);
  }
  const takesText = CLI_OPTIONS[name as keyof typeof CLI_OPTIONS].type === "string";
  if (!takesText && value !== undefined) throw new UsageError(`${rawName} takes no value.`);
  if (!takesText || inlineValue === true) return;
  if (value === undefined) throw new UsageError(`${rawName} needs a value: ${rawName} TEXT.`);
  if (value.length > 1 && value.startsWith("-")) {
    throw new UsageError(`${rawName} needs a value; one that begins with "-": ${rawName}=${value}`);
  }
}

function checkCommand(command: string | undefined): void {
  if (command === undefined) {
    throw new UsageError("Say what to do: coppice run FILE, or coppice init DIR.");
  }
  if (commands.includes(command)) return;
  refuseLater(`\`coppice ${command}\``, later.includes(command));
  const meant = nearest(command, [...commands, ...later]);
  const file = /[./\\]/.test(command) ? `coppice run ${command}` : undefined;
  const advice = file ?? (meant === undefined ? undefined : `coppice ${meant}`);
  const hint = advice === undefined ? `${seeHelp}.` : `did you mean \`${advice}\`?`;
  throw new UsageError(`There is no command "${command}"; ${hint}`);
}

function refuseLater(what: string, asked: boolean): void {
  if (asked) throw new UsageError(`${what} is not available in this version; ${seeHelp}.`);
}
