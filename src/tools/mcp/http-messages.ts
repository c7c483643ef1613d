import type { JSONRPCMessage } from "@modelcontextprotocol/sdk/types.js";
import { isObject } from "../schema/schema-keywords.ts";
import { inSlices } from "../slices.ts";
import { HttpRefusal, isWebPage, quotedBody } from "./http-refusal.ts";
import { readJson, SHORT_TEXT } from "./json-parser.ts";
import { JsonSkimmer } from "./json-skimmer.ts";
import { readMessage } from "./mcp-message.ts";
import type { Secrets } from "./secrets.ts";

/** Of what is no answer, before it is shortened to what is told. */
const SAID_CHARACTERS = 1_000;

/** Of a text its first characters, as they may be told. */
type Beginning = (text: string, most: number) => string;

/** What one text of a server holds. */
export interface ReadText {
  /** Those that somebody may wait for. */
  readonly messages: readonly JSONRPCMessage[];
  /** Something that is no message, where no answer is. */
  readonly odd: unknown;
}

/**
 * The messages in a JSON text: one, or a list of them, which is a batch of JSON-RPC.
 *
 * **Guarantees** nothing is parsed that has too many values or is too deep.
 * **Fails with** a {@link HttpRefusal} for that; what is no JSON has no messages.
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

/** The message as the answer to this request, if it is that. */
export function isReplyTo(id: string | number, message: JSONRPCMessage): boolean {
  return !("method" in message) && (message.id === undefined || String(message.id) === String(id));
}

/** Why a body holds no answer at all. */
export function noAnswer(
  type: string,
  text: string,
  beginning: Beginning = (all, most) => all.slice(0, most),
): HttpRefusal | undefined {
  const shownType = quotedBody(type) || "no content type";
  if (text.trim() === "") return new HttpRefusal("unfit", "sent an empty answer (200 OK)");
  if (isWebPage(type, text.slice(0, 200))) {
    const told = `answered with a web page (${shownType}): look at the path of the URL`;
    return new HttpRefusal("unfit", told);
  }
  if (/^[\s]*[[{]/.test(text)) return undefined;
  const said = quotedBody(beginning(text, SAID_CHARACTERS));
  return new HttpRefusal("unfit", `answered with ${shownType} and no JSON: "${said}"`);
}

/** Why an answer that is JSON is none of JSON-RPC. */
export function noReply(
  odd: unknown,
  beginning: Beginning = (all, most) => all.slice(0, most),
): HttpRefusal {
  const error = isObject(odd) ? odd.error : odd;
  const said = typeof error === "string" ? error : (JSON.stringify(odd) ?? "");
  const told = said === "" ? "" : `: "${quotedBody(beginning(said, SAID_CHARACTERS))}"`;
  return new HttpRefusal("unfit", `did not answer the request by a JSON-RPC message${told}`);
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
