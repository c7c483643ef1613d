import { clip } from "./clip.ts";
import { imageInfo, otherType } from "./image.ts";
import type { Json } from "./json.ts";
import type { Block } from "./transcript.ts";

type ImageBlock = Extract<Block, { readonly type: "image" }>;
type Source = { readonly [field: string]: Json | undefined };

/** The service's limits of one image: characters of base64, and pixels of a side. */
const MAX_CHARACTERS = 5 * 1_024 * 1_024;
const MAX_PIXELS = 8_000;
const LIMIT = "the limit is 5 MB";

const TYPES = ["image/jpeg", "image/png", "image/gif", "image/webp"];
const ALIASES: Readonly<Record<string, string>> = {
  "image/jpg": "image/jpeg",
  "image/pjpeg": "image/jpeg",
  "image/x-png": "image/png",
  "image/apng": "image/png",
};

/**
 * Returns an image as the service accepts it, or a note that tells the model why it is left out.
 *
 * The media type is that of the data: a service refuses an image under another type. The data is
 * written as plain base64, without white space, a `data:` prefix or the letters of base64url.
 */
export function shownImage({ source: given, cache_control: mark }: ImageBlock): Block {
  const source = inlined(given as Source);
  const shown = source.type === "base64" ? shownData(source) : shownReference(source);
  if (typeof shown === "string") return { type: "text", text: shown };
  return { type: "image", source: shown, ...(mark != null && { cache_control: mark }) };
}

/** Turns a `data:` URL, in whichever field, into data. */
function inlined(source: Source): Source {
  const text = source.type === "url" ? source.url : source.data;
  if (typeof text !== "string" || !text.startsWith("data:")) return source;
  const comma = text.indexOf(",");
  const head = comma < 0 ? "" : text.slice("data:".length, Math.min(comma, 200));
  if (!/;\s*base64$/i.test(head)) return source;
  return { type: "base64", media_type: head, data: text.slice(comma + 1) };
}

function shownReference(source: Source): Source | string {
  if (source.type === "file" && /^[\w-]+$/.test(source.file_id as string)) return source;
  if (source.type === "file") return "[image left out: it has no id of a file]";
  const url = source.url as string;
  if (URL.parse(url)?.protocol === "https:" && url.isWellFormed()) return source;
  return `[image at ${clip(url.toWellFormed(), 100)} left out: only https URLs are read]`;
}

function shownData(source: Source): Source | string {
  const { media_type: given, data: raw } = source as { readonly [field: string]: string };
  if (raw === undefined || raw === "") return "[image left out: it has no data]";
  // Data over twice the limit is not even scanned.
  const data = raw.length > 2 * MAX_CHARACTERS ? undefined : plainBase64(raw);
  const { length } = data ?? raw;
  if (length > MAX_CHARACTERS) return `[image of ${megabytes(length)} MB left out: ${LIMIT}]`;
  if (data === undefined) return "[image left out: its data is not base64]";
  const {
    type = otherType(data) ?? typeOf(given ?? ""),
    width = 0,
    height = 0,
  } = imageInfo(data) ?? {};
  if (!TYPES.includes(type)) {
    const named = clip(type.toWellFormed(), 100) || "no type";
    return `[image of ${named} left out: only jpeg, png, gif and webp are shown]`;
  }
  if (width > MAX_PIXELS || height > MAX_PIXELS) {
    return `[image of ${width} x ${height} pixels left out: the limit is ${MAX_PIXELS}]`;
  }
  return { type: "base64", media_type: type, data };
}

/** Formats megabytes, rounded up, so that a size over a limit never looks like the limit. */
function megabytes(characters: number): string {
  return (Math.ceil((characters / 1_024 / 1_024) * 10) / 10).toFixed(1);
}

/** Returns the plain name of a media type, if the service accepts images of it. */
export function shownType(given: string): string | undefined {
  const type = typeOf(given);
  return TYPES.includes(type) ? type : undefined;
}

function typeOf(given: string): string {
  const type = (given.split(";", 1)[0] as string).trim().toLowerCase();
  return ALIASES[type] ?? type;
}

/** Returns plain base64; undefined for data that no decoder accepts. */
function plainBase64(raw: string): string | undefined {
  const isPlain = /^[A-Za-z0-9+/]+={0,2}$/.test(raw);
  const plain = isPlain ? raw : raw.replace(/\s+/g, "").replaceAll("-", "+").replaceAll("_", "/");
  if (!isPlain && !/^[A-Za-z0-9+/]+={0,2}$/.test(plain)) return undefined;
  const bare = plain.replace(/=+$/, "");
  if (bare.length % 4 === 1) return undefined;
  return bare.padEnd(Math.ceil(bare.length / 4) * 4, "=");
}
