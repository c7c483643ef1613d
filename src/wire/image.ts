export interface ImageInfo {
  readonly type: string;
  readonly width: number;
  readonly height: number;
}

/** Reads type and size of an image off the beginning of its base64; undefined where it cannot. */
export function imageInfo(base64: string): ImageInfo | undefined {
  const head = Buffer.from(base64.slice(0, 64), "base64");
  if (head.length < 24 || head.toString("latin1", 1, 4) !== "PNG") return undefined;
  return { type: "image/png", width: head.readUInt32BE(16), height: head.readUInt32BE(20) };
}
