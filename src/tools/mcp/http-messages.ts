import type { JSONRPCMessage } from "@modelcontextprotocol/sdk/types.js";
import { isObject } from "../schema/schema-keywords.ts";
import { inSlices } from "../slices.ts";
import { HttpRefusal, isWebPage, quotedBody } from "./http-refusal.ts";
import { readJson, SHORT_TEXT } from "./json-parser.ts";
import { JsonSkimmer } from "./json-skimmer.ts";
import { readMessage } from "./mcp-message.ts";
import type { Secrets } from "./secrets.ts";

/** Characters of an unusable answer that are read before it is shortened for a message. */
const MAX_SAID_CHARACTERS = 1_000;

/** Returns the first characters of a text, without secrets. */
type Beginning = (text: string, most: number) => string;

/** The contents of one text of a server. */
export interface ReadText {
  /** The JSON-RPC messages in it. */
  readonly messages: readonly JSONRPCMessage[];
  /** A value that is no message, if there is no answer. */
  readonly odd: unknown;
}

/**
 * Parses the messages in a JSON text: one, or a list of them, which is a batch of JSON-RPC.
 *
 * **Guarantees** a text with too many values or levels is not parsed.
 * **Fails with** a {@link HttpRefusal} for such a text; a text that is not JSON has no messages.
 */
export async function messagesIn(text: string, secrets?: Secrets): Promise<ReadText> {
  let parsed: unknown;
  try {
    parsed = text.length > SHORT_TEXT ? await inSlices(skimmed(text)) : JSON.parse(text);
  } catch (error) {
    if (error instanceof HttpRefusal) throw error;
    return { messages: [], odd: text };
  }
  const entries: readonly unknown[] = Array.isArray(parsed) ? parsed : [parsed];
  const messages = entries.flatMap((entry) => readMessage(entry, secrets) ?? []);
  const odd = entries.find((entry) => !isObject(entry) || typeof entry.method !== "string");
  return { messages, odd: messages.some((message) => !("method" in message)) ? undefined : odd };
}

/** True when the message is the answer to this request. */
export function isReplyTo(id: string | number, message: JSONRPCMessage): boolean {
  return !("method" in message) && (message.id === undefined || String(message.id) === String(id));
}

/** Returns the refusal of a body that is no JSON; undefined when it may be JSON. */
export function noAnswer(
  type: string,
  text: string,
  beginning: Beginning = (all, most) => all.slice(0, most),
): HttpRefusal | undefined {
  const shownType = quotedBody(type) || "no content type";
  if (text.trim() === "") return new HttpRefusal("unfit", "sent an empty answer (200 OK)");
  if (isWebPage(type, text.slice(0, 200))) {
    const message = `answered with a web page (${shownType}): look at the path of the URL`;
    return new HttpRefusal("unfit", message);
  }
  if (/^[\s]*[[{]/.test(text)) return undefined;
  const said = quotedBody(beginning(text, MAX_SAID_CHARACTERS));
  return new HttpRefusal("unfit", `answered with ${shownType} and no JSON: "${said}"`);
}

/** Creates the refusal of JSON that is not JSON-RPC. */
export function noReply(
  odd: unknown,
  beginning: Beginning = (all, most) => all.slice(0, most),
): HttpRefusal {
  const error = isObject(odd) ? odd.error : odd;
  const said = typeof error === "string" ? error : (JSON.stringify(odd) ?? "");
  const detail = said === "" ? "" : `: "${quotedBody(beginning(said, MAX_SAID_CHARACTERS))}"`;
  return new HttpRefusal("unfit", `did not answer the request by a JSON-RPC message${detail}`);
}

function* skimmed(text: string): Generator<undefined, unknown> {
  const skimmer = new JsonSkimmer();
  for (let at = 0; at < text.length; at += SHORT_TEXT) {
    skimmer.feed(text.slice(at, at + SHORT_TEXT));
    const { excess } = skimmer;
    if (excess !== undefined) throw new HttpRefusal("unfit", `sent a message that ${excess}`);
    yield;
  }
  return yield* readJson(text);
}
