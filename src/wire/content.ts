import { shownImage } from "./image-block.ts";
import type { Json } from "./json.ts";
import type { Block, CacheMark } from "./transcript.ts";

type Fields = { readonly [key: string]: Json | undefined };

/** A message that says nothing, and a result that is nothing: services refuse blank text. */
export const EMPTY_MESSAGE = "[empty message]";
const EMPTY_RESULT = "[empty result]";

/** Every field that the Messages API knows in a block of a user's content, and no other. */
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
 * What a person or an agent says, made of any value: text stays text, content blocks stay blocks,
 * anything else is shown as JSON.
 *
 * **Guarantees** the service takes what comes back: text is well formed and not blank, images are
 * of a kind and size that it reads, or a note says what was left out. A list becomes blocks only
 * where each of its items is exactly one: rows that happen to have a `type` are data.
 */
export function messageContent(value: Json): string | readonly Block[] {
  return contentOf(value, EMPTY_MESSAGE);
}

/** What a tool gave, as {@link messageContent}; where a cache is cut is not a tool's to say. */
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

/** Content as blocks; whether they are right is not asked. */
export function blocksOf(content: string | readonly Block[]): readonly Block[] {
  return typeof content === "string" ? [textBlock(content)] : content;
}

/** A value as text: well formed, whatever was put into it; what is no value at all is no text. */
export function contentText(value: Json): string {
  return typeof value === "string" ? value.toWellFormed() : (JSON.stringify(value) ?? "");
}

/** True where the service would see nothing, which is more than `trim` takes off. */
export function isBlank(text: string): boolean {
  return !/[^\s\p{Cc}]/u.test(text);
}

/** The content blocks that a value is; undefined where it is data. */
export function blocksIn(value: Json): readonly Block[] | undefined {
  if (!Array.isArray(value) || value.length === 0 || !value.every(isBlock)) return undefined;
  return value as readonly Json[] as readonly Block[];
}

/** True for exactly what the SDK's types give a block of text or an image, and nothing beside. */
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

/** It has no field beside those of its type. */
function hasOnly(block: Fields, known: Readonly<Record<string, readonly string[]>>): boolean {
  const { type } = block;
  if (typeof type !== "string" || !Object.hasOwn(known, type)) return false;
  const fields = known[type] as readonly string[];
  return Object.keys(block).every((field) => fields.includes(field));
}

/** A block as it is sent: what the service would refuse of it is left out. */
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
