import { CoppiceError } from "../../errors.ts";
import { isDelay } from "../tool.ts";

/**
 * The configuration of one MCP server: the shape that MCP clients share, and options of this
 * library.
 */
export type McpServerConfig = (StdioServer | HttpServer) & {
  /**
   * Milliseconds for one request, for the handshake, and for `start()` to wait for the server.
   * Progress extends a call by as much again, up to ten times in all. Default 60_000, and 10_000
   * for `start()`.
   */
  readonly timeoutMs?: number;
  /** Names and globs of its tools that may be run again after a crash. */
  readonly idempotent?: readonly string[];
  /**
   * The largest message accepted from it, in megabytes of 1,048,576 bytes, more than 0 and at most
   * 256; a larger answer fails its call. Default 10.
   */
  readonly maxMessageMb?: number;
  /** True when `start()` fails if the server does not start. Default false. */
  readonly required?: boolean;
};

export interface StdioServer {
  readonly command: string;
  readonly args?: readonly string[];
  /** Its environment, beside PATH, HOME and the few other variables that every program needs. */
  readonly env?: Readonly<Record<string, string>>;
  readonly cwd?: string;
}

export interface HttpServer {
  /**
   * The URL of a server with streamable HTTP; a redirect is followed within its origin, and from
   * http to https of the same host.
   */
  readonly url: string;
  readonly headers?: Readonly<Record<string, string>>;
}

const DEFAULT_MAX_MESSAGE_MB = 10;
/**
 * The most that `maxMessageMb` allows: a string in Node cannot be much longer than twice as much.
 */
const MAX_MESSAGE_MB = 256;
const BYTES_PER_MB = 1_048_576;

/** Returns the bytes of the largest message accepted from a server. */
export function maxMessageBytes({
  maxMessageMb = DEFAULT_MAX_MESSAGE_MB,
}: McpServerConfig): number {
  return Math.max(1, Math.floor(maxMessageMb * BYTES_PER_MB));
}

/** Returns a limit in bytes in the megabytes of the option. */
export function megabytes(bytes: number): number {
  // The limit was rounded down to whole bytes: less than a millionth of it, except for tiny limits.
  return Number((bytes / BYTES_PER_MB).toPrecision(6));
}

const isString = (value: unknown): boolean => typeof value === "string";
const isText = (value: unknown): boolean => typeof value === "string" && value !== "";
const isStrings = (value: unknown): boolean => Array.isArray(value) && value.every(isString);
const isStringRecord = (value: unknown): boolean =>
  typeof value === "object" &&
  value !== null &&
  !Array.isArray(value) &&
  Object.values(value).every(isString);

type Rule = { readonly fits: (value: unknown) => boolean; readonly what: string };

const shared: Readonly<Record<string, Rule>> = {
  timeoutMs: { fits: isDelay, what: "milliseconds, more than 0 and at most a hundred years" },
  idempotent: { fits: isStrings, what: "an array of names of tools" },
  maxMessageMb: {
    fits: (value) => typeof value === "number" && value > 0 && value <= MAX_MESSAGE_MB,
    what: `megabytes, more than 0 and at most ${MAX_MESSAGE_MB}`,
  },
  required: { fits: (value) => typeof value === "boolean", what: "true or false" },
};
const stdio: Readonly<Record<string, Rule>> = {
  ...shared,
  type: { fits: (value) => value === "stdio", what: '"stdio" beside `command`' },
  command: { fits: isText, what: "the program to start" },
  args: { fits: isStrings, what: "an array of strings" },
  env: { fits: isStringRecord, what: "an object of strings" },
  cwd: { fits: isText, what: "a directory" },
};
const http: Readonly<Record<string, Rule>> = {
  ...shared,
  type: {
    fits: (value) => value === "http" || value === "streamable-http",
    what: '"http" beside `url`; the older "sse" is not spoken',
  },
  url: {
    fits: (value) => typeof value === "string" && isWebUrl(value),
    what: "an http or https URL without user and password, which belong into `headers`",
  },
  headers: { fits: isHeaders, what: "an object of strings that HTTP takes as headers" },
};

/**
 * Checks the options of one server. The `type` that other clients write is accepted too.
 *
 * **Fails with** `OPTIONS_INVALID`, naming the option and never its value, which may be a secret.
 */
export function checkMcpServer(name: string, config: unknown): asserts config is McpServerConfig {
  const wrong = (what: string): CoppiceError =>
    new CoppiceError("OPTIONS_INVALID", `mcpServers[${JSON.stringify(name)}] ${what}.`);
  if (!/^[A-Za-z0-9_.-]{1,64}$/.test(name)) {
    throw wrong('needs a name of 1 to 64 letters, digits, "_", "." and "-"');
  }
  if (typeof config !== "object" || config === null) throw wrong("is no object");
  const given = Object.entries(config).filter(([, value]) => value !== undefined);
  const keys = new Set(given.map(([key]) => key));
  if (keys.has("command") === keys.has("url")) throw wrong("needs either `command` or `url`");
  const rules = keys.has("url") ? http : stdio;
  for (const [key, value] of given) {
    const rule = Object.hasOwn(rules, key) ? rules[key] : undefined;
    if (!rule) throw wrong(`has an unknown option "${key}"`);
    if (!rule.fits(value)) throw wrong(`has a wrong \`${key}\`: it is ${rule.what}`);
  }
}

function isWebUrl(url: string): boolean {
  if (!URL.canParse(url)) return false;
  const { protocol, username, password } = new URL(url);
  // `fetch` would refuse credentials with an error that repeats them.
  return /^https?:$/.test(protocol) && username === "" && password === "";
}

function isHeaders(value: unknown): boolean {
  if (!isStringRecord(value)) return false;
  try {
    return new Headers(value as Record<string, string>) !== undefined;
  } catch {
    return false;
  }
}
