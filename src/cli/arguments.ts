import { parseArgs } from "node:util";
import { nearest } from "../wire/did-you-mean.ts";
import { UsageError } from "./usage-error.ts";

/** What the command line asks for. */
export type Command = { readonly type: "help" } | { readonly type: "version" } | RunCommand;

export interface RunCommand {
  readonly type: "run";
  readonly file: string;
  readonly agent?: string;
  /** `-`: from standard input. */
  readonly input?: string;
  readonly json: boolean;
  /** Lines of text, also on a terminal. */
  readonly plain: boolean;
  /** Opens the inspector and says where. */
  readonly inspect: boolean;
}

const options = {
  agent: { type: "string" },
  input: { type: "string" },
  json: { type: "boolean" },
  plain: { type: "boolean" },
  store: { type: "string" },
  inspect: { type: "boolean" },
  help: { type: "boolean", short: "h" },
  version: { type: "boolean", short: "v" },
} as const;

const names = Object.keys(options);
const later = ["ps", "tree", "events", "cancel", "approve", "audit"];
const seeHelp = "`coppice --help` lists what there is";

/**
 * Reads the command line.
 *
 * **Fails with** UsageError: one sentence on what is wrong and what to do.
 */
export function parseArguments(argv: readonly string[]): Command {
  const { values, positionals, tokens } = parseArgs({
    args: [...argv],
    options,
    strict: false,
    allowPositionals: true,
    tokens: true,
  });
  for (const token of tokens) if (token.kind === "option") checkOption(token);
  if (values.help === true) return { type: "help" };
  if (values.version === true) return { type: "version" };
  const [command, file, ...more] = positionals;
  checkCommand(command);
  refuseLater("--store", values.store !== undefined);
  if (file === undefined) throw new UsageError("Name the file to run: coppice run FILE.");
  if (more.length > 0) {
    const told = `One file at a time: "${more[0]}" is one too many; quote a text with spaces.`;
    throw new UsageError(told);
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

interface OptionToken {
  readonly name: string;
  readonly rawName: string;
  readonly value: string | undefined;
  readonly inlineValue: boolean | undefined;
}

function checkOption({ name, rawName, value, inlineValue }: OptionToken): void {
  if (!Object.hasOwn(options, name)) {
    const meant = nearest(name, names);
    const advice = meant === undefined ? seeHelp : `did you mean --${meant}?`;
    throw new UsageError(`There is no option ${rawName}; ${advice}${meant ? "" : "."}`);
  }
  const takesText = options[name as keyof typeof options].type === "string";
  if (!takesText && value !== undefined) throw new UsageError(`${rawName} takes no value.`);
  if (!takesText || inlineValue === true) return;
  if (value === undefined) throw new UsageError(`${rawName} needs a value: ${rawName} TEXT.`);
  if (value.length > 1 && value.startsWith("-")) {
    throw new UsageError(`${rawName} needs a value; one that begins with "-": ${rawName}=${value}`);
  }
}

function checkCommand(command: string | undefined): void {
  if (command === undefined) throw new UsageError("Say what to do: coppice run FILE.");
  if (command === "run") return;
  refuseLater(`\`coppice ${command}\``, later.includes(command));
  const meant = nearest(command, ["run", ...later]);
  const file = /[./\\]/.test(command) ? `coppice run ${command}` : undefined;
  const advice = file ?? (meant === undefined ? undefined : `coppice ${meant}`);
  const told = advice === undefined ? `${seeHelp}.` : `did you mean \`${advice}\`?`;
  throw new UsageError(`There is no command "${command}"; ${told}`);
}

function refuseLater(what: string, asked: boolean): void {
  if (asked) throw new UsageError(`${what} is not available in this version; ${seeHelp}.`);
}
