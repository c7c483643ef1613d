import type { JSONRPCMessage, McpError } from "@modelcontextprotocol/sdk/types.js";
import { isObject } from "../schema/schema-keywords.ts";
import { quotedSafely } from "./quoted.ts";
import type { Secrets } from "./secrets.ts";

type Id = string | number;
type Fields = { readonly [field: string]: unknown };

/** The error code of an answer that this client refuses; servers use other codes. */
const REFUSED = -32_098;
const INTERNAL_ERROR = -32_603;
const MAX_MESSAGE_CHARACTERS = 16_000;
const MAX_DATA_CHARACTERS = 2_000;
const MAX_CODE_CHARACTERS = 100;

/**
 * Reads a message of a server into a form that the SDK accepts. An invalid error counts as an
 * error, `error: null` beside a result does not, and an answer with neither is an error; `_meta`
 * and unused fields are left out. Returns undefined for a value that is no message, and for a
 * notification that is not used.
 *
 * **Guarantees** never throws; texts of errors are well formed, bounded and without `secrets`.
 */
export function readMessage(value: unknown, secrets?: Secrets): JSONRPCMessage | undefined {
  if (!isObject(value)) return undefined;
  const { id, method, params, result, error } = value as Fields;
  if (typeof method === "string") {
    return isId(id) ? { jsonrpc: "2.0", id, method } : readNotification(method, params);
  }
  // A server that could not parse a request answers with the id null.
  const isLost = id === null && (value as Fields).jsonrpc === "2.0" && isObject(error);
  if (isLost) return { jsonrpc: "2.0", error: readError(error, secrets) };
  if (!isId(id)) return undefined;
  if (!isNothing(error) && error !== false)
    return { jsonrpc: "2.0", id, error: readError(error, secrets) };
  // For a result with a task the SDK would keep its state of the request; this client asks for no
  // tasks.
  const isPlain = isObject(result) && !isObject(result.task);
  if (isPlain) return { jsonrpc: "2.0", id, result: withoutMeta(result) };
  if (result !== undefined && result !== null) {
    // The SDK takes it as an answer of the older kind, which may be any value.
    return { jsonrpc: "2.0", id, result: { toolResult: result } };
  }
  return messageRefusalOf(id, "its answer has neither a result nor an error");
}

/** Creates an error answer in the place of one that this client refuses. */
export function messageRefusalOf(id: Id, message: string): JSONRPCMessage {
  return { jsonrpc: "2.0", id, error: { code: REFUSED, message } };
}

/** Describes the failure of a request, for the agent that made it. */
export function saidOf(error: McpError): string {
  const said = error.message.replace(/^MCP error -?\d+: /, "");
  return error.code === REFUSED ? said : `MCP error ${error.code}: ${said}`;
}

/**
 * The requests that wait for an answer. Other answers are dropped, because the SDK would write each
 * of them out in full, however long it is.
 */
export class OpenRequests {
  readonly #open = new Map<string, Id>();

  /** Notes a message that is sent. */
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
   * Removes and returns the id of the request that an answer belongs to. An error without an id
   * belongs to the only open request, if there is exactly one.
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

/**
 * Removes `_meta`: the SDK would refuse the whole message for one invalid value in it, and it is
 * not used.
 */
function withoutMeta(fields: object): { [field: string]: unknown } {
  return Object.fromEntries(Object.entries(fields).filter(([field]) => field !== "_meta"));
}
