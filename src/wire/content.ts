import type { Json } from "./json.ts";
import type { Block } from "./transcript.ts";

type Fields = { readonly [key: string]: Json | undefined };

/** The fields of the blocks that people may write, as the SDK's types give them. */
const BLOCK_FIELDS: Readonly<Record<string, readonly string[]>> = {
  text: ["type", "text", "cache_control", "citations"],
  image: ["type", "source", "cache_control", "transformations"],
};

const SOURCE_FIELDS: Readonly<Record<string, readonly string[]>> = {
  base64: ["type", "media_type", "data"],
  url: ["type", "url"],
  file: ["type", "file_id"],
};

/** Whether a value is exactly a block of text or an image, and no row of a table. */
export function isBlock(value: Json): value is Json & Block {
  const block = fieldsOf(value);
  if (!hasOnly(block, BLOCK_FIELDS)) return false;
  return block.type === "text" ? typeof block.text === "string" : isSource(block.source);
}

/** The blocks that a value is, where it is nothing else; undefined for anything that is JSON. */
export function blocksIn(value: Json): readonly Block[] | undefined {
  if (!Array.isArray(value) || value.length === 0) return undefined;
  const blocks = value.filter(isBlock);
  return blocks.length === value.length ? blocks : undefined;
}

function isSource(value: Json | undefined): boolean {
  const source = fieldsOf(value);
  if (!hasOnly(source, SOURCE_FIELDS)) return false;
  return (SOURCE_FIELDS[String(source.type)] ?? []).every(
    (name) => typeof source[name] === "string",
  );
}

function hasOnly(fields: Fields, allowed: Readonly<Record<string, readonly string[]>>): boolean {
  const { type } = fields;
  if (typeof type !== "string" || !Object.hasOwn(allowed, type)) return false;
  return Object.keys(fields).every((name) => allowed[type]?.includes(name));
}

function fieldsOf(value: Json | undefined): Fields {
  const plain = typeof value === "object" && value !== null && !Array.isArray(value);
  return plain ? (value as Fields) : {};
}
