import type { JSONRPCMessage, McpError } from "@modelcontextprotocol/sdk/types.js";
import { isObject } from "../schema/schema-keywords.ts";
import { quotedSafely } from "./quoted.ts";
import type { Secrets } from "./secrets.ts";

type Id = string | number;
type Fields = { readonly [field: string]: unknown };

/** Of an answer that this side refuses; servers use others. */
const REFUSED = -32_098;
const INTERNAL_ERROR = -32_603;
const MAX_MESSAGE_CHARACTERS = 16_000;
const MAX_DATA_CHARACTERS = 2_000;
const MAX_CODE_CHARACTERS = 100;

/**
 * What a server has sent, as the SDK takes it: an error that is odd is an error, `error: null`
 * beside a result is none, an answer with neither is an error; `_meta` and what nothing here reads
 * is left out. Undefined for what is no message, and for a notification that nobody waits for.
 *
 * **Guarantees** never throws; texts of errors are well formed, bounded and without `secrets`.
 */
export function readMessage(value: unknown, secrets?: Secrets): JSONRPCMessage | undefined {
  if (!isObject(value)) return undefined;
  const { id, method, params, result, error } = value as Fields;
  if (typeof method === "string") {
    return isId(id) ? { jsonrpc: "2.0", id, method } : readNotification(method, params);
  }
  // A server that could not read a request does not know whose error it is.
  const isLost = id === null && (value as Fields).jsonrpc === "2.0" && isObject(error);
  if (isLost) return { jsonrpc: "2.0", error: readError(error, secrets) };
  if (!isId(id)) return undefined;
  if (!isNothing(error) && error !== false)
    return { jsonrpc: "2.0", id, error: readError(error, secrets) };
  // For a task the SDK would keep what it holds of the request; tasks are not asked for.
  const isPlain = isObject(result) && !isObject(result.task);
  if (isPlain) return { jsonrpc: "2.0", id, result: withoutMeta(result) };
  if (result !== undefined && result !== null) {
    // As an answer of the older kind, which may be any value.
    return { jsonrpc: "2.0", id, result: { toolResult: result } };
  }
  return messageRefusalOf(id, "its answer has neither a result nor an error");
}

/** The answer that this side gives itself in the place of one that it does not take. */
export function messageRefusalOf(id: Id, message: string): JSONRPCMessage {
  return { jsonrpc: "2.0", id, error: { code: REFUSED, message } };
}

/** What went wrong with a request, in words for whoever made it. */
export function saidOf(error: McpError): string {
  const said = error.message.replace(/^MCP error -?\d+: /, "");
  return error.code === REFUSED ? said : `MCP error ${error.code}: ${said}`;
}

/**
 * The requests that wait for their answer: the SDK would write out in full any other answer that a
 * server sends, however long it is.
 */
export class OpenRequests {
  readonly #open = new Map<string, Id>();

  /** Takes note of what is sent. */
  note(message: JSONRPCMessage): void {
    if (!("method" in message)) return;
    if ("id" in message) this.#open.set(String(message.id), message.id);
    else if (message.method === "notifications/cancelled") {
      this.#open.delete(String(message.params?.requestId));
    }
  }

  has(id: unknown): boolean {
    return this.#open.has(String(id));
  }

  /**
   * The id of the request that is answered by this one, which then waits no more. An error of no
   * id is that of the only request that waits.
   */
  settle(given: unknown): Id | undefined {
    const id = given ?? (this.#open.size === 1 ? [...this.#open.values()][0] : undefined);
    const open = this.#open.get(String(id));
    this.#open.delete(String(id));
    return open;
  }
}

function isId(id: unknown): id is Id {
  return typeof id === "string" || Number.isInteger(id);
}

function isNothing(value: unknown): boolean {
  return value === undefined || value === null || value === "";
}

function readNotification(method: string, given: unknown): JSONRPCMessage | undefined {
  const said = (isObject(given) ? given : {}) as Fields;
  if (method === "notifications/tools/list_changed") return { jsonrpc: "2.0", method };
  if (method === "notifications/cancelled" && isId(said.requestId)) {
    return { jsonrpc: "2.0", method, params: { requestId: said.requestId } };
  }
  const { progressToken, progress, total, message } = said;
  if (method !== "notifications/progress" || !isId(progressToken)) return undefined;
  if (typeof progress !== "number") return undefined;
  const params = {
    ...{ progressToken, progress },
    ...(typeof total === "number" ? { total } : {}),
    ...(typeof message === "string" ? { message: quotedSafely(message, MAX_DATA_CHARACTERS) } : {}),
  };
  return { jsonrpc: "2.0", method, params };
}

function readError(error: unknown, secrets?: Secrets): { code: number; message: string } {
  const { code, message, data } = (isObject(error) ? error : { message: error }) as Fields;
  const isCode = Number.isInteger(code);
  const said = [
    isNothing(message)
      ? "it did not say why"
      : quotedSafely(message, MAX_MESSAGE_CHARACTERS, secrets),
    ...(isCode || isNothing(code)
      ? []
      : [`code: ${quotedSafely(code, MAX_CODE_CHARACTERS, secrets)}`]),
    ...(isNothing(data) ? [] : [`data: ${quotedSafely(data, MAX_DATA_CHARACTERS, secrets)}`]),
  ];
  return { code: isCode ? (code as number) : INTERNAL_ERROR, message: said.join("; ") };
}

/** The SDK refuses the whole message for one odd value in it, and nothing here reads it. */
function withoutMeta(fields: object): { [field: string]: unknown } {
  return Object.fromEntries(Object.entries(fields).filter(([field]) => field !== "_meta"));
}
