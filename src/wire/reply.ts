import { INPUT_BOUND, inputFaultOf, MAX_INPUT_BYTES, whyUnread } from "./call-input.ts";
import { clip } from "./clip.ts";
import { isBlank } from "./content.ts";
import type { Json } from "./json.ts";
import { refusalOf } from "./json-bound.ts";
import { summaryOf } from "./summary.ts";
import type { Block } from "./transcript.ts";
import { wellFormed } from "./well-formed.ts";

type ToolUse = Extract<Block, { readonly type: "tool_use" }>;

/** The most calls of one turn that are run. */
export const MAX_CALLS = 128;

/** The result of each call beyond those. */
export const TOO_MANY_CALLS = `only ${MAX_CALLS} calls of one turn are run; make this one again`;

/** The most characters of an invalid input that its model is shown. */
const MAX_QUOTED = 200;

/** The most characters of a name in a message: no tool has a longer one. */
const MAX_NAMED = 128;

const SHORT_INPUT = { ...INPUT_BOUND, bytes: Math.floor(MAX_INPUT_BYTES / 6) };

const CALL_ID = /^[a-zA-Z0-9_-]{1,64}$/;
const TOOL_NAME = /^[a-zA-Z0-9_-]{1,128}$/;

/** A call of a reply, ready to run. */
export interface ReplyCall {
  /** Its id in the transcript. */
  readonly id: string;
  /** The tool's name as the model wrote it. */
  readonly name: string;
  readonly input: Json;
  /** The reason why it is not run; the model gets it instead of a result. */
  readonly fault?: string;
}

/** A reply as it enters the conversation. */
export interface RepairedReply {
  /** The content for the transcript: the same object when nothing had to be repaired. */
  readonly content: readonly Block[];
  /** The calls to run, in order: at most {@link MAX_CALLS}. */
  readonly calls: readonly ReplyCall[];
}

/**
 * Repairs a model's reply so that its service accepts it as a part of the conversation.
 *
 * Ids of calls that are empty, invalid or taken are replaced, names are made valid, an input that
 * is no object becomes `{}` and a fault of its call, text is well formed and not blank, and a
 * thinking block has its signature and a block after it.
 *
 * **Guarantees** the same repair for the same reply; a reply that needs none is not copied.
 * @param taken ids of the calls in the conversation
 * @param turn the number of the model call, for new ids
 */
export function repairReply(
  content: readonly Block[],
  taken: ReadonlySet<string>,
  turn: number,
): RepairedReply {
  const uses = content.filter(isToolUse);
  const inputs = uses.map(({ input }) => readInput(input));
  const isSound =
    content.every(isSaid) &&
    !isThinking(content.at(-1)) &&
    uses.every((use, index) => isSoundCall(use, taken) && inputs[index]?.value === use.input) &&
    (uses.length < 2 || new Set(uses.map(({ id }) => id)).size === uses.length);
  if (isSound) return { content, calls: uses.length > MAX_CALLS ? uses.slice(0, MAX_CALLS) : uses };

  const ids = uniqueIds(content, taken, turn);
  const calls = uses.map(({ name }, index): ReplyCall => {
    const { value, fault } = inputs[index] as Input;
    const call = { id: ids[index] as string, name: cut(textOf(name), MAX_NAMED), input: value };
    return fault === undefined ? call : { ...call, fault };
  });
  let next = 0;
  const kept: Block[] = [];
  for (const block of content) {
    if (block.type === "tool_use") {
      const { id, name, input } = calls[next] as ReplyCall;
      kept.push({ type: "tool_use", id, name: nameOf(textOf(name)), input });
      next += 1;
    } else keep(kept, block);
  }
  while (isThinking(kept.at(-1))) kept.pop();
  return { content: kept, calls: calls.slice(0, MAX_CALLS) };
}

/** The fields of each block that a model writes: a service refuses any other. */
const FIELDS: Readonly<Record<string, readonly string[]>> = {
  text: ["type", "text"],
  thinking: ["type", "thinking", "signature"],
  redacted_thinking: ["type", "data"],
  tool_use: ["type", "id", "name", "input"],
};

/** True when a block can be kept as it is; the form of a call is checked separately. */
function isSaid(block: Block): boolean {
  if (!hasAllOf(block) || Object.keys(block).length !== FIELDS[block.type]?.length) return false;
  if (block.type === "text") return block.text.isWellFormed() && !isBlank(block.text);
  return block.type !== "thinking" || isSigned(block);
}

/**
 * True when a block has all of its fields as strings, except the input of a call, which may be any
 * value.
 */
function hasAllOf(block: Block): boolean {
  const fields = Object.hasOwn(FIELDS, block.type) ? FIELDS[block.type] : undefined;
  if (fields === undefined) return false;
  return fields.every(
    (field) => field === "input" || typeof Reflect.get(block, field) === "string",
  );
}

/**
 * True for a thinking block that can be kept: its text is bound to its signature, so one that needs
 * a repair is left out.
 */
function isSigned({ thinking, signature }: Extract<Block, { type: "thinking" }>): boolean {
  return signature !== "" && thinking.isWellFormed();
}

/** Keeps a block as far as possible; blank text between two texts is appended to the first. */
function keep(kept: Block[], block: Block): void {
  if (!hasAllOf(block)) return;
  if (block.type === "thinking" && isSigned(block)) {
    const { type, thinking, signature } = block;
    kept.push({ type, thinking, signature });
  } else if (block.type === "redacted_thinking") kept.push({ type: block.type, data: block.data });
  if (block.type !== "text") return;
  const text = block.text.toWellFormed();
  const last = kept.at(-1);
  if (!isBlank(text)) kept.push({ type: "text", text });
  else if (last?.type === "text") kept[kept.length - 1] = { type: "text", text: last.text + text };
}

function isThinking(block: Block | undefined): boolean {
  return block?.type === "thinking" || block?.type === "redacted_thinking";
}

export function isToolUse(block: Block): block is ToolUse {
  return block.type === "tool_use";
}

function isSoundCall({ id, name }: ToolUse, taken: ReadonlySet<string>): boolean {
  return CALL_ID.test(id) && TOOL_NAME.test(name) && !taken.has(id);
}

/** Returns one id for each call, all distinct: its own, or one derived from its position. */
function uniqueIds(
  content: readonly Block[],
  taken: ReadonlySet<string>,
  turn: number,
): readonly string[] {
  const used = new Set<string>();
  const isFree = (id: string): boolean => !taken.has(id) && !used.has(id);
  return content.flatMap((block, index) => {
    if (block.type !== "tool_use") return [];
    let id = textOf(block.id);
    if (!CALL_ID.test(id) || !isFree(id)) {
      id = `call_${turn}_${index}`;
      for (let more = 1; !isFree(id); more += 1) id = `call_${turn}_${index}_${more}`;
    }
    used.add(id);
    return [id];
  });
}

/** Returns a field as a string; when a machine wrote the block it may have any type. */
function textOf(value: unknown): string {
  return typeof value === "string" ? value : "";
}

function nameOf(name: string): string {
  return name.slice(0, MAX_NAMED).replace(/[^a-zA-Z0-9_-]/g, "_") || "unnamed";
}

interface Input {
  /** The input: the same value when nothing had to be changed. */
  readonly value: Json;
  readonly fault?: string;
}

function readInput(input: Json | undefined): Input {
  if (input === undefined) return { value: {} };
  if (typeof input !== "object" || input === null || Array.isArray(input)) {
    const fault = whyUnread(input) ?? `has to be a JSON object, and was ${quoted(input)}`;
    return { value: {}, fault };
  }
  // A character is at most six bytes of JSON: an input that is short by that measure is not
  // serialised.
  if (refusalOf(input, SHORT_INPUT) === undefined) return { value: wellFormed(input) };
  const refusal = refusalOf(input);
  if (refusal !== undefined) return { value: {}, fault: inputFaultOf(refusal) };
  const bytes = Buffer.byteLength(JSON.stringify(input));
  if (bytes <= MAX_INPUT_BYTES) return { value: wellFormed(input) };
  const fault = `has ${bytes} bytes of JSON, and ${MAX_INPUT_BYTES} is the most; send less`;
  return { value: {}, fault };
}

function quoted(input: Json): string {
  if (typeof input === "string") return `this text: ${cut(input, MAX_QUOTED)}`;
  return cut(JSON.stringify(summaryOf(input, MAX_QUOTED)), MAX_QUOTED);
}

/** Returns the beginning of a model's text, which may not be well formed. */
function cut(text: string, most: number): string {
  return text.length <= most ? text.toWellFormed() : `${clip(text, most).toWellFormed()}…`;
}
