import type { Json } from "../../wire/json.ts";
import { JSON_BOUND, refusalOf } from "../../wire/json-bound.ts";
import { wellFormed } from "../../wire/well-formed.ts";
import { isObject } from "../schema/schema-keywords.ts";
import { mcpTextOf, type Part, readPart, type Shown } from "./mcp-content.ts";
import { isSaidBy } from "./same-content.ts";

/** What an agent gets of the answer of an MCP server to `tools/call`. */
export interface ReadResult {
  /** The server says that the tool failed. */
  readonly isError: boolean;
  /** Text as a string, anything else as blocks of the Messages API; of an error its text. */
  readonly value: Json;
  /** What of it is odd or left out, in words; of what is left out the value says so too. */
  readonly odd: readonly string[];
}

type Fields = { readonly [field: string]: unknown };

const MAX_PARTS = 10_000;
/** No model could read more than this, which is beside what it can. */
const STRUCTURED_BOUNDS = { ...JSON_BOUND, values: 10_000, depth: 100 };
/** Of one result: each of them is an event. */
const MAX_ODD = 20;
/** Of what is left out, in the note to the model. */
const MAX_NOTED = 5;

/**
 * Reads a result part by part: what cannot be read is left out, and told.
 *
 * Structured content beside other content is shown where the two differ, in a text of its own.
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
    const told = isAlone && value !== undefined ? JSON.stringify(value) : "";
    const said = told || all.map(mcpTextOf).join("\n").trim() || "it did not say why";
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

/** The structured content; of a result with no content of any kind all of it. */
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

/** Each once; a last one says how many more there are. */
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
