import { shownType } from "../../wire/image-block.ts";
import type { Json } from "../../wire/json.ts";
import { plainJson } from "../../wire/plain-json.ts";

/** What an MCP server answers to `tools/call`. */
export interface McpResult {
  readonly content: readonly McpContent[];
  readonly structuredContent?: Readonly<Record<string, unknown>> | undefined;
  readonly isError?: boolean | undefined;
}

export type McpContent =
  | { readonly type: "text"; readonly text: string }
  | { readonly type: "image" | "audio"; readonly data: string; readonly mimeType: string }
  | { readonly type: "resource"; readonly resource: McpResource }
  | {
      readonly type: "resource_link";
      readonly uri: string;
      readonly name: string;
      readonly mimeType?: string | undefined;
    };

type McpResource = { readonly uri: string; readonly mimeType?: string | undefined } & (
  | { readonly text: string }
  | { readonly blob: string }
);

/**
 * The result as an agent gets it: text as a string, anything else as blocks of the Messages API.
 *
 * **Fails with** an error that carries the text, when the server says that the tool failed.
 */
export function jsonOfMcpResult({ content, structuredContent, isError }: McpResult): Json {
  if (isError === true) {
    const told = content.flatMap(blocksOf).map(textOf);
    throw new Error(told.join("\n") || JSON.stringify(structuredContent) || "it did not say why");
  }
  if (content.length === 0) return plainJson(structuredContent);
  const blocks = content.flatMap(blocksOf);
  if (content.every(({ type }) => type === "text")) return blocks.map(textOf).join("\n");
  return blocks;
}

type Shown =
  | { readonly type: "text"; readonly text: string }
  | {
      readonly type: "image";
      readonly source: {
        readonly type: "base64";
        readonly media_type: string;
        readonly data: string;
      };
    };

function blocksOf(part: McpContent): readonly Shown[] {
  switch (part.type) {
    case "text":
      return [text(part.text)];
    case "image":
      return [image(part.mimeType, part.data) ?? media(part)];
    case "audio":
      return [media(part)];
    case "resource":
      return resource(part.resource);
    case "resource_link":
      return [text(`[link to ${part.name}: ${part.uri}${typed(part.mimeType)}]`)];
  }
}

function image(mimeType: string, data: string): Shown | undefined {
  const media_type = shownType(mimeType);
  if (media_type === undefined) return undefined;
  return { type: "image", source: { type: "base64", media_type, data } };
}

function media({ type, data, mimeType }: Extract<McpContent, { type: "image" | "audio" }>): Shown {
  return text(`[${type}, ${mimeType}, ${data.length} characters of base64, not shown]`);
}

function resource(given: McpResource): readonly Shown[] {
  const { uri, mimeType = "" } = given;
  const head = `[resource ${uri}${typed(given.mimeType)}`;
  if ("text" in given) return [text(`${head}]\n${given.text}`)];
  const picture = image(mimeType, given.blob);
  if (picture !== undefined) return [text(`${head}]`), picture];
  return [text(`${head}, ${given.blob.length} characters of base64, not shown]`)];
}

function typed(mimeType: string | undefined): string {
  return mimeType === undefined ? "" : `, ${mimeType}`;
}

function text(said: string): Shown {
  return { type: "text", text: said };
}

function textOf(shown: Shown): string {
  return shown.type === "text" ? shown.text : `[image, ${shown.source.media_type}]`;
}
