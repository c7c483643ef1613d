import { shorten } from "../../wire/clip.ts";
import { describe } from "../../wire/error-codec.ts";
import type { JsonSchema } from "../../wire/json.ts";
import { refusalOf } from "../../wire/json-bound.ts";
import { schemaTokens } from "../../wire/token-estimate.ts";
import { schemaForModels } from "../schema/model-schema.ts";
import { isObject } from "../schema/schema-keywords.ts";
import { hashInSteps } from "../schema-hash.ts";
import { inSlices } from "../slices.ts";
import { quotedSafely } from "./quoted.ts";

/** A tool as its server lists it, cleaned up for use. */
export interface McpTool {
  /** The name, made well formed. */
  readonly name: string;
  /** The name by which its server knows it. */
  readonly ownName: string;
  readonly description: string;
  readonly inputSchema: JsonSchema;
  /** The hash of its schema as the server wrote it. */
  readonly schemaHash: string;
}

/** An item of a server that is left out. */
export interface Skipped {
  readonly tool?: string;
  readonly reason: string;
}

export interface McpList {
  /** The tools by name; undefined when the server did not send a list. */
  readonly tools: ReadonlyMap<string, McpTool> | undefined;
  readonly skipped: readonly Skipped[];
}

const MAX_PAGES = 50;
const MAX_TOOLS = 1_000;
/** The most entries reported as left out of one list; a last report counts the others. */
const MAX_SKIPPED = 20;
const MAX_NAME_CHARACTERS = 5_000;
const MAX_DESCRIPTION_CHARACTERS = 20_000;
const MAX_QUOTED_CHARACTERS = 200;
/**
 * Bounds of a schema that models are shown. Adapting it takes up to 40 microseconds for each
 * object, in one step; schemas of real servers have up to 30 kB.
 */
const SCHEMA_BOUNDS = { values: 5_000, containers: 1_000, bytes: 65_536, depth: 100 };
const TYPES = new Set(["array", "boolean", "integer", "null", "number", "string"]);

/**
 * Reads a server's list of tools, page by page and entry by entry.
 *
 * **Guarantees** an entry that cannot be used is left out and reported in `skipped`; all others are
 * read and ready to be shown. No step blocks the thread for long.
 * **Fails with** the error of `ask` for the first page.
 */
export async function readMcpList(
  ask: (cursor: string | undefined) => Promise<unknown>,
  signal?: AbortSignal,
): Promise<McpList> {
  const list = new ListReader();
  let cursor: string | undefined;
  for (let page = 1; ; page += 1) {
    try {
      cursor = list.open(await ask(cursor));
    } catch (error) {
      if (page === 1) throw error;
      list.skip(`page ${page} of its list could not be read: ${describe(error)}`);
      break;
    }
    await inSlices(list.read(), signal);
    if (cursor === undefined) break;
    if (page < MAX_PAGES && !list.isFull) continue;
    if (!list.isFull) list.skip(`its list has more than ${MAX_PAGES} pages: the rest is left out`);
    break;
  }
  return list.end(cursor !== undefined);
}

class ListReader {
  readonly #tools = new Map<string, McpTool>();
  readonly #skipped: Skipped[] = [];
  readonly #entrySkips = new Map<string, Skipped>();
  readonly #cursors = new Set<string>();
  #page: readonly unknown[] = [];
  #isRepeated = false;
  #isNone = false;
  #entries = 0;
  #leftOut = 0;
  #moreSkips = 0;

  get isFull(): boolean {
    return this.#leftOut > 0;
  }

  /** Takes a page; returns the cursor of the next one. */
  open(given: unknown): string | undefined {
    const { tools, nextCursor } = given as { readonly [field: string]: unknown };
    this.#page = Array.isArray(tools) ? tools : [];
    if (!Array.isArray(tools)) {
      this.#isNone ||= this.#cursors.size === 0;
      this.skip(`its list of tools is ${kindOf(tools)}, not a list`);
    }
    if (nextCursor === undefined || nextCursor === null) return undefined;
    if (typeof nextCursor !== "string") {
      this.skip(`the cursor of its next page is ${kindOf(nextCursor)}: the list ends there`);
      return undefined;
    }
    this.#isRepeated = this.#cursors.has(nextCursor);
    this.#cursors.add(nextCursor);
    if (!this.#isRepeated) return nextCursor;
    const shown = quotedSafely(nextCursor, MAX_QUOTED_CHARACTERS);
    this.skip(`its next page would be page ${JSON.stringify(shown)} again: the list ends there`);
    return undefined;
  }

  /** Reads the entries of the page that was opened. */
  *read(): Generator<undefined, void> {
    for (const entry of this.#page) {
      this.#entries += 1;
      yield* this.#readEntry(entry);
      yield;
    }
    this.#page = [];
  }

  skip(reason: string): void {
    this.#skipped.push({ reason });
  }

  end(isMore: boolean): McpList {
    if (this.#leftOut > 0) {
      const more = isMore ? ", and there are more pages" : "";
      const rest = `${this.#leftOut} more are left out${more}`;
      this.skip(`it lists more than ${MAX_TOOLS} tools: ${rest}`);
    }
    const entries = [...this.#entrySkips.values()];
    const shown = this.#moreSkips > 0 ? entries.slice(0, MAX_SKIPPED - 1) : entries;
    const rest = this.#moreSkips + entries.length - shown.length;
    const more = rest === 0 ? [] : [{ reason: `${rest} more entries of its list are left out` }];
    const tools = this.#isNone ? undefined : this.#tools;
    return { tools, skipped: [...this.#skipped, ...shown, ...more] };
  }

  *#readEntry(entry: unknown): Generator<undefined, void> {
    const { name, description, inputSchema } = (isObject(entry) ? entry : {}) as {
      readonly [field: string]: unknown;
    };
    if (typeof name !== "string") {
      const why = isObject(entry) ? `whose name is ${kindOf(name)}` : `that is ${kindOf(entry)}`;
      this.#skipEntry({ reason: `entry ${this.#entries} of its list, ${why}, has no name` });
      return;
    }
    const tool = shorten(name, MAX_QUOTED_CHARACTERS).toWellFormed();
    const why = whyUnusable(name, inputSchema);
    const own = name.toWellFormed();
    if (why !== undefined) this.#skipEntry({ tool, reason: why });
    else if (this.#tools.has(own)) {
      // A repeated page was reported as such.
      if (this.#isRepeated) return;
      this.#skipEntry({ tool, reason: "it is listed twice: the first one is used" });
    } else if (this.#tools.size >= MAX_TOOLS) this.#leftOut += 1;
    else {
      const schema = isObject(inputSchema) ? inputSchema : ANY_OBJECT;
      const shown = shownSchema(schema);
      // Computed here, one tool at a time, so that they are never computed for all tools at once.
      const schemaHash = yield* hashInSteps(schema);
      schemaTokens(schemaForModels(shown).shown);
      this.#tools.set(own, {
        name: own,
        ownName: name,
        description: typeof description === "string" ? cut(description) : "",
        inputSchema: shown,
        schemaHash,
      });
    }
  }

  #skipEntry(skipped: Skipped): void {
    const key = JSON.stringify([skipped.tool, skipped.reason]);
    if (this.#entrySkips.has(key)) return;
    if (this.#entrySkips.size < MAX_SKIPPED) this.#entrySkips.set(key, skipped);
    else this.#moreSkips += 1;
  }
}

/** The schema shown for a tool whose schema is unknown. */
export const ANY_OBJECT: JsonSchema = { type: "object" };

/**
 * Returns why an entry cannot be used. Invalid keywords are no reason: the schema that models are
 * shown is always adapted.
 */
function whyUnusable(name: string, schema: unknown): string | undefined {
  if (name.length > MAX_NAME_CHARACTERS) {
    return `its name has more than ${MAX_NAME_CHARACTERS} characters`;
  }
  if (schema === undefined || schema === null || schema === true) return undefined;
  if (!isObject(schema)) return `its inputSchema is ${kindOf(schema)}, not an object`;
  const types: readonly unknown[] = Array.isArray(schema.type) ? schema.type : [schema.type];
  const isOther = types.length > 0 && types.every((type) => TYPES.has(String(type)));
  if (!isOther) return undefined;
  const shown = quotedSafely(schema.type, MAX_QUOTED_CHARACTERS);
  return `its inputSchema is of type ${shown}, and the input of a tool is an object`;
}

function shownSchema(schema: JsonSchema): JsonSchema {
  const refusal = refusalOf(schema, SCHEMA_BOUNDS);
  if (refusal === undefined) return schema;
  const description = `The schema of this input cannot be shown: it ${refusal.reason}.`;
  return { type: "object", description };
}

function cut(description: string): string {
  return shorten(description, MAX_DESCRIPTION_CHARACTERS).toWellFormed();
}

function kindOf(value: unknown): string {
  if (value === undefined) return "left out";
  if (value === null) return "null";
  if (Array.isArray(value)) return "a list";
  if (typeof value === "string") return "text";
  return typeof value === "object" ? "an object" : `a ${typeof value}`;
}
