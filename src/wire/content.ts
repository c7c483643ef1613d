import { shownImage } from "./image-block.ts";
import type { Json } from "./json.ts";
import type { Block, CacheMark } from "./transcript.ts";

type Fields = { readonly [key: string]: Json | undefined };

/** The text for a message without content, and for an empty result: services refuse blank text. */
export const EMPTY_MESSAGE = "[empty message]";
const EMPTY_RESULT = "[empty result]";

/** The fields of each content block that the Messages API accepts from a user. */
const BLOCK_FIELDS: Readonly<Record<string, readonly string[]>> = {
  text: ["type", "text", "cache_control", "citations"],
  image: ["type", "source", "cache_control", "transformations"],
};
const SOURCE_FIELDS: Readonly<Record<string, readonly string[]>> = {
  base64: ["type", "media_type", "data"],
  url: ["type", "url"],
  file: ["type", "file_id"],
};

/**
 * Turns any value into the content of a user's message: text stays text, content blocks stay
 * blocks, other values become JSON.
 *
 * **Guarantees** the service accepts the result: text is well formed and not blank, and images have
 * a type and size that it reads, or are replaced by a note. A list becomes blocks only when each
 * item is exactly a block: rows that happen to have a `type` are data.
 */
export function messageContent(value: Json): string | readonly Block[] {
  return contentOf(value, EMPTY_MESSAGE);
}

/**
 * Turns a tool's result into content as {@link messageContent} does, without its cache marks: a
 * tool may not set them.
 */
export function toolContent(value: Json): string | readonly Block[] {
  const content = contentOf(value, EMPTY_RESULT);
  return typeof content === "string" ? content : content.map(unmarked);
}

function contentOf(value: Json, note: string): string | readonly Block[] {
  const blocks = blocksIn(value);
  if (blocks === undefined) {
    const text = contentText(value);
    return isBlank(text) ? note : text;
  }
  const shown = blocks.flatMap(shownBlock);
  return shown.length === 0 ? note : shown;
}

export function textBlock(text: string): Block {
  return { type: "text", text };
}

/** Returns content as blocks, without checking them. */
export function blocksOf(content: string | readonly Block[]): readonly Block[] {
  return typeof content === "string" ? [textBlock(content)] : content;
}

/** Returns a value as well-formed text; undefined becomes empty text. */
export function contentText(value: Json): string {
  return typeof value === "string" ? value.toWellFormed() : (JSON.stringify(value) ?? "");
}

/** True for a text that the service treats as blank, which includes more than `trim` removes. */
export function isBlank(text: string): boolean {
  return !/[^\s\p{Cc}]/u.test(text);
}

/** Returns the content blocks that a value consists of; undefined when it is data. */
export function blocksIn(value: Json): readonly Block[] | undefined {
  if (!Array.isArray(value) || value.length === 0 || !value.every(isBlock)) return undefined;
  return value as readonly Json[] as readonly Block[];
}

/** True for exactly a text or image block as the SDK types it, without other fields. */
function isBlock(value: Json): value is Json & Block {
  const block = fieldsOf(value);
  if (block === undefined || !hasOnly(block, BLOCK_FIELDS)) return false;
  if (block.cache_control != null && !isMark(block.cache_control)) return false;
  if (block.type === "image") return isSource(block.source);
  return typeof block.text === "string" && (block.citations == null || isList(block.citations));
}

function isSource(value: Json | undefined): boolean {
  const source = fieldsOf(value);
  if (source === undefined || !hasOnly(source, SOURCE_FIELDS)) return false;
  const fields = SOURCE_FIELDS[source.type as string] as readonly string[];
  return fields.every((field) => typeof source[field] === "string");
}

function isMark(value: Json): boolean {
  const mark = fieldsOf(value);
  if (mark === undefined || mark.type !== "ephemeral") return false;
  const { type: _ephemeral, ttl, ...rest } = mark;
  return Object.keys(rest).length === 0 && [undefined, "5m", "1h"].includes(ttl as string);
}

/** True when a block has only the fields of its type. */
function hasOnly(block: Fields, known: Readonly<Record<string, readonly string[]>>): boolean {
  const { type } = block;
  if (typeof type !== "string" || !Object.hasOwn(known, type)) return false;
  const fields = known[type] as readonly string[];
  return Object.keys(block).every((field) => fields.includes(field));
}

/** Returns a block as it is sent, without parts that the service would refuse. */
function shownBlock(block: Block): readonly Block[] {
  if (block.type === "image") return [shownImage(block)];
  if (block.type !== "text" || isBlank(block.text)) return [];
  return [{ type: "text", text: block.text.toWellFormed(), ...marked(block.cache_control) }];
}

function unmarked(block: Block): Block {
  if (!("cache_control" in block)) return block;
  const { cache_control: _mark, ...bare } = block;
  return bare;
}

function marked(mark: CacheMark | null | undefined): { cache_control?: CacheMark } {
  return mark == null ? {} : { cache_control: mark };
}

function isList(value: Json | undefined): boolean {
  return Array.isArray(value);
}

function fieldsOf(value: Json | undefined): Fields | undefined {
  const isPlain = typeof value === "object" && value !== null && !Array.isArray(value);
  return isPlain ? (value as Fields) : undefined;
}
