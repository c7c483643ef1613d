import type { Json } from "./json.ts";

export interface ImageInfo {
  /** The type by the first bytes, whatever type was declared. */
  readonly type: "image/png" | "image/jpeg" | "image/gif" | "image/webp";
  /** Pixels; 0 when the header is cut off or does not say. */
  readonly width: number;
  readonly height: number;
}

type Size = Pick<ImageInfo, "width" | "height">;

/**
 * The side of a patch in pixels: Anthropic's models see an image in patches, each of them a token.
 */
const PATCH = 28;
/** The older rule, still the usual estimate: pixels per token. */
const PIXELS_OF_A_TOKEN = 750;
/**
 * The limits of a billed image: a larger one is scaled down first, by its longer side, then by its
 * tokens.
 */
const MAX_SIDE_LENGTH = 2_576;
const MAX_IMAGE_TOKENS = 4_784;

/**
 * The most segments that are walked: a JPEG has fewer before its size, which follows everything
 * embedded.
 */
const MAX_SEGMENTS = 512;

const UNKNOWN: Size = { width: 0, height: 0 };

/**
 * Returns the tokens of an image by its size, never fewer than its service bills.
 *
 * Source: https://platform.claude.com/docs/en/build-with-claude/vision, with the resolution of Opus
 * 4.7 and later; earlier models are billed for at most 1,568 pixels a side and as many tokens.
 * @param source of an image block; when its size is unknown, the result is the most that an image
 *   can have
 */
export function imageTokens(source: Json): number {
  const { type, data } = fieldsOf(source);
  const info = type === "base64" && typeof data === "string" ? imageInfo(data) : undefined;
  const { width, height } = info ?? UNKNOWN;
  if (width === 0 || height === 0) return MAX_IMAGE_TOKENS;
  const scale = Math.min(1, MAX_SIDE_LENGTH / Math.max(width, height));
  const [across, down] = [Math.ceil(width * scale), Math.ceil(height * scale)];
  const patches = Math.ceil(across / PATCH) * Math.ceil(down / PATCH);
  const tokens = Math.max(patches, Math.ceil((across * down) / PIXELS_OF_A_TOKEN));
  return Math.min(tokens, MAX_IMAGE_TOKENS);
}

/**
 * Returns the type and size of an image, read from its header; undefined unless it is of one of the
 * four types that models accept.
 *
 * **Guarantees** only the bytes that are needed are decoded, however large the image is.
 */
export function imageInfo(base64: string): ImageInfo | undefined {
  const head = bytesAt(base64, 0, 30);
  if (starts(head, [0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a])) {
    return { type: "image/png", ...pngSize(head) };
  }
  if (starts(head, [0xff, 0xd8, 0xff])) return { type: "image/jpeg", ...jpegSize(base64) };
  const name = text(head, 0, 6);
  if (name === "GIF87a" || name === "GIF89a") {
    return { type: "image/gif", ...sizeOf(little(head, 6, 2), little(head, 8, 2)) };
  }
  if (text(head, 0, 4) === "RIFF" && text(head, 8, 4) === "WEBP") {
    return { type: "image/webp", ...webpSize(head) };
  }
  return undefined;
}

/**
 * Returns the type of data that was taken for an image and is none; undefined when that is unknown.
 */
export function otherType(base64: string): string | undefined {
  const head = bytesAt(base64, 0, 30);
  if (text(head, 0, 5) === "%PDF-") return "application/pdf";
  return /^(\xef\xbb\xbf)?\s*<[?!a-z]/i.test(text(head, 0, 30)) ? "markup" : undefined;
}

function pngSize(head: Uint8Array): Size {
  return text(head, 12, 4) === "IHDR" ? sizeOf(big(head, 16, 4), big(head, 20, 4)) : UNKNOWN;
}

function webpSize(head: Uint8Array): Size {
  switch (text(head, 12, 4)) {
    case "VP8 ":
      if (!starts(head.subarray(23), [0x9d, 0x01, 0x2a])) return UNKNOWN;
      return sizeOf(little(head, 26, 2) & 0x3fff, little(head, 28, 2) & 0x3fff);
    case "VP8L": {
      if (head[20] !== 0x2f || head.length < 25) return UNKNOWN;
      const bits = little(head, 21, 4);
      return sizeOf((bits & 0x3fff) + 1, ((bits >>> 14) & 0x3fff) + 1);
    }
    case "VP8X":
      if (head.length < 30) return UNKNOWN;
      return sizeOf(little(head, 24, 3) + 1, little(head, 27, 3) + 1);
    default:
      return UNKNOWN;
  }
}

/** Walks from segment to segment to the first that begins a frame, of whatever coding. */
function jpegSize(base64: string): Size {
  let at = 2;
  for (let n = 0; n < MAX_SEGMENTS; n++) {
    const segment = bytesAt(base64, at, 9);
    const [mark, kind = 0] = segment;
    if (mark !== 0xff || segment.length < 4) return UNKNOWN;
    if (isFrame(kind)) return sizeOf(big(segment, 7, 2), big(segment, 5, 2));
    // The image data or its end: no size came before.
    if (kind === 0xda || kind === 0xd9) return UNKNOWN;
    if (kind === 0xff) at += 1;
    else if (kind === 0x01 || (kind >= 0xd0 && kind <= 0xd8)) at += 2;
    else at += 2 + big(segment, 2, 2);
  }
  return UNKNOWN;
}

/** True for the code of a frame; C4, C8 and CC are tables and an extension among them. */
function isFrame(kind: number): boolean {
  return kind >= 0xc0 && kind <= 0xcf && kind !== 0xc4 && kind !== 0xc8 && kind !== 0xcc;
}

/** Returns the decoded bytes at a position; fewer than `length` at the end. */
function bytesAt(base64: string, at: number, length: number): Uint8Array {
  const first = Math.floor(at / 3);
  const last = Math.ceil((at + length) / 3);
  const some = Buffer.from(base64.slice(first * 4, last * 4), "base64");
  return some.subarray(at - first * 3, at - first * 3 + length);
}

function starts(bytes: Uint8Array, wanted: readonly number[]): boolean {
  return wanted.every((byte, at) => bytes[at] === byte);
}

function text(bytes: Uint8Array, at: number, length: number): string {
  return String.fromCharCode(...bytes.subarray(at, at + length));
}

/** Returns an unsigned integer, most significant byte first; 0 when the bytes end before. */
function big(bytes: Uint8Array, at: number, length: number): number {
  if (bytes.length < at + length) return 0;
  return bytes.subarray(at, at + length).reduce((sum, byte) => sum * 256 + byte, 0);
}

function little(bytes: Uint8Array, at: number, length: number): number {
  return big(bytes.slice(at, at + length).reverse(), 0, length);
}

function sizeOf(width: number, height: number): Size {
  return { width, height };
}

function fieldsOf(value: Json): { readonly [key: string]: Json | undefined } {
  const plain = typeof value === "object" && value !== null && !Array.isArray(value);
  return plain ? (value as { readonly [key: string]: Json | undefined }) : {};
}
