import type { Json } from "../../wire/json.ts";
import { JSON_BOUND, refusalOf } from "../../wire/json-bound.ts";
import { wellFormed } from "../../wire/well-formed.ts";
import { isObject } from "../schema/schema-keywords.ts";
import { mcpTextOf, type Part, readPart, type Shown } from "./mcp-content.ts";
import { isSaidBy } from "./same-content.ts";

/** The result of an MCP server's answer to `tools/call`, as the agent gets it. */
export interface ReadResult {
  /** True when the server says that the tool failed. */
  readonly isError: boolean;
  /** Text as a string, other content as blocks of the Messages API; for an error its text. */
  readonly value: Json;
  /** Descriptions of invalid or omitted parts; the value also mentions the omitted ones. */
  readonly odd: readonly string[];
}

type Fields = { readonly [field: string]: unknown };

const MAX_PARTS = 10_000;
/** Bounds of structured content, far above what a model can read. */
const STRUCTURED_BOUNDS = { ...JSON_BOUND, values: 10_000, depth: 100 };
/** The most problems reported for one result: each of them is an event. */
const MAX_ODD = 20;
/** The most omitted parts listed in the note to the model. */
const MAX_NOTED = 5;

/**
 * Reads a result part by part; a part that cannot be read is left out and reported.
 *
 * Structured content beside other content is added as a text of its own where the two differ.
 *
 * **Guarantees** never throws; all text is well formed.
 */
export function readMcpResult(result: Fields): ReadResult {
  const inner = result.toolResult;
  if (isNothing(result.content) && isObject(inner) && !isNothing(inner.content)) {
    return readMcpResult(inner);
  }
  const parts = partsOf(result.content);
  const structured = structuredOf(result);
  const odd = boundedOf([...parts.flatMap((part) => part.odd ?? []), ...structured.leftOut]);
  const hidden = parts.filter((part) => part.shown === undefined);
  const leftOut = [...hidden.flatMap((part) => part.odd ?? []), ...structured.leftOut];
  const shown = parts.flatMap(({ shown }) => shown ?? []);
  const texts = shown.flatMap((block) => (block.type === "text" ? [block.text] : []));
  const isAlone = shown.every((block) => block.type === "text" && block.text.trim() === "");
  const { value } = structured;
  const isMore = value !== undefined && !isAlone && !isSaidBy(texts, value);
  const all = [...shown, ...(isMore ? [text(JSON.stringify(value))] : []), ...noteOf(leftOut)];
  if (result.isError === true || result.isError === "true") {
    const structuredText = isAlone && value !== undefined ? JSON.stringify(value) : "";
    const said = structuredText || all.map(mcpTextOf).join("\n").trim() || "it did not say why";
    return { isError: true, value: said, odd };
  }
  if (isAlone && value !== undefined) return { isError: false, value, odd };
  return { isError: false, value: jsonOf(parts, all), odd };
}

function jsonOf(parts: readonly Part[], shown: readonly Shown[]): Json {
  if (parts.some(({ isBlock }) => isBlock)) return shown as readonly Json[];
  return shown.length === 0 ? null : shown.map(mcpTextOf).join("\n");
}

function partsOf(content: unknown): readonly Part[] {
  if (isNothing(content)) return [];
  if (typeof content === "string") return [{ shown: [text(content.toWellFormed())] }];
  if (isObject(content)) return [readPart(content)];
  if (!Array.isArray(content)) return [{ odd: [`content that is a ${typeof content}`] }];
  const parts = content.slice(0, MAX_PARTS).map(readPart);
  const more = content.length - parts.length;
  return more === 0 ? parts : [...parts, { odd: [`${more} more parts`] }];
}

/** Returns the structured content; a result without any content counts as a whole. */
function structuredOf(result: Fields): { value?: Json; leftOut: readonly string[] } {
  const { content, structuredContent, toolResult, isError: _, _meta, ...rest } = result;
  const isBare = isNothing(content);
  let given = structuredContent;
  if (isBare) given ??= toolResult;
  if (isBare && Object.keys(rest).length > 0) given ??= rest;
  if (isNothing(given)) return { leftOut: [] };
  const refusal = refusalOf(given, STRUCTURED_BOUNDS);
  if (refusal !== undefined) return { leftOut: [`its structured content: it ${refusal.reason}`] };
  return { value: wellFormed(given as Json), leftOut: [] };
}

function noteOf(leftOut: readonly string[]): readonly Shown[] {
  if (leftOut.length === 0) return [];
  const kinds = [...new Set(leftOut)];
  const more = kinds.length > MAX_NOTED ? [`${kinds.length - MAX_NOTED} more`] : [];
  return [text(`[left out: ${[...kinds.slice(0, MAX_NOTED), ...more].join("; ")}]`)];
}

/** Returns each description once, bounded; the last one counts the others. */
function boundedOf(odd: readonly string[]): readonly string[] {
  const kinds = [...new Set(odd)];
  if (kinds.length <= MAX_ODD) return kinds;
  return [...kinds.slice(0, MAX_ODD - 1), `${kinds.length - MAX_ODD + 1} more things like these`];
}

function isNothing(value: unknown): boolean {
  return value === undefined || value === null;
}

function text(said: string): Shown {
  return { type: "text", text: said };
}
