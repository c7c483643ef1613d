import { shownType } from "../../wire/image-block.ts";
import type { Json } from "../../wire/json.ts";
import { refusalOf } from "../../wire/json-bound.ts";
import { wellFormed } from "../../wire/well-formed.ts";
import { isObject } from "../schema/schema-keywords.ts";
import { quotedSafely } from "./quoted.ts";

/** A content block of the Messages API. */
export type Shown =
  | { readonly type: "text"; readonly text: string }
  | {
      readonly type: "image";
      readonly source: {
        readonly type: "base64";
        readonly media_type: string;
        readonly data: string;
      };
    };

/** One part of a result: its blocks, if any, and descriptions of its problems. */
export interface Part {
  readonly shown?: readonly Shown[];
  readonly odd?: readonly string[];
  /** True when it represents content other than text, and so is a block of its own. */
  readonly isBlock?: boolean;
}

type Fields = { readonly [field: string]: unknown };

const MAX_QUOTED_CHARACTERS = 100;
/** Bounds of a part of unknown type that is shown as JSON. */
const UNKNOWN_BOUNDS = { values: 500, bytes: 2_000, depth: 20 };

/** Reads one part; a server may send any value as one. */
export function readPart(part: unknown): Part {
  if (typeof part === "string") return { shown: [text(part)] };
  if (!isObject(part)) return leftOut(`a part that is ${part === null ? "null" : "no object"}`);
  const { type } = part as Fields;
  switch (type) {
    case "text":
      return readText(part);
    case "image":
    case "audio":
      return readMedia(type, part);
    case "resource":
      return readResource(part);
    case "resource_link":
      return readLink(part);
    default:
      return readUnknown(part);
  }
}

export function mcpTextOf(shown: Shown): string {
  return shown.type === "text" ? shown.text : `[image, ${shown.source.media_type}]`;
}

function readText({ text: said }: Fields): Part {
  if (typeof said === "string") return { shown: [text(said)] };
  if (typeof said === "number" || typeof said === "boolean") return { shown: [text(`${said}`)] };
  return leftOut("a text without text");
}

function readMedia(type: "image" | "audio", { data, mimeType }: Fields): Part {
  if (typeof data !== "string") return leftOut(`a part of type ${type} without data`);
  const picture = type === "image" ? image(mimeType, data) : undefined;
  return block(picture ?? text(`[${type}${typed(mimeType)}, ${sizeOf(data)}]`));
}

function readResource({ resource }: Fields): Part {
  if (!isObject(resource)) return leftOut("a resource that is none");
  const { uri, mimeType, text: said, blob } = resource as Fields;
  const head = `[resource${uri === undefined ? "" : ` ${short(uri)}`}${typed(mimeType)}`;
  if (typeof said === "string") return block(text(`${head}]\n${said}`));
  if (typeof blob !== "string") return leftOut("a resource without text or blob");
  const picture = image(mimeType, blob);
  if (picture !== undefined) return block(text(`${head}]`), picture);
  return block(text(`${head}, ${sizeOf(blob)}]`));
}

function readLink({ uri, name, title, mimeType }: Fields): Part {
  if (typeof uri !== "string") return leftOut("a link without an address");
  const label = [name, title].find((one) => typeof one === "string" && one !== "");
  const to = label === undefined ? "" : ` to ${short(label)}`;
  return block(text(`[link${to}: ${uri}${typed(mimeType)}]`));
}

/** Shows a part of unknown type as far as possible: it may be the content that was asked for. */
function readUnknown(part: Fields): Part {
  const { type, text: said } = part;
  const what =
    type === undefined ? "a part without a type" : `a part of type ${JSON.stringify(short(type))}`;
  const odd = (as: string) => [`${what}, which is shown as ${as}`];
  if (typeof said === "string") return { shown: [text(said)], odd: odd("text") };
  if (refusalOf(part, UNKNOWN_BOUNDS) !== undefined) return leftOut(what);
  return { shown: [text(JSON.stringify(wellFormed(part as Json)))], odd: odd("JSON") };
}

function image(mimeType: unknown, data: string): Shown | undefined {
  const media_type = typeof mimeType === "string" ? shownType(mimeType) : undefined;
  if (media_type === undefined) return undefined;
  return { type: "image", source: { type: "base64", media_type, data: data.toWellFormed() } };
}

function sizeOf(base64: string): string {
  return `${base64.length} characters of base64, not shown`;
}

function typed(mimeType: unknown): string {
  return mimeType === undefined || mimeType === null ? "" : `, ${short(mimeType)}`;
}

function short(value: unknown): string {
  return quotedSafely(value, MAX_QUOTED_CHARACTERS);
}

function block(...shown: readonly Shown[]): Part {
  return { shown, isBlock: true };
}

function leftOut(what: string): Part {
  return { odd: [what] };
}

function text(said: string): Shown {
  return { type: "text", text: said.toWellFormed() };
}
