import { CoppiceError } from "../errors.ts";
import { describe } from "../wire/error-codec.ts";
import type { Json } from "../wire/json.ts";
import { plainJson } from "../wire/json-bound.ts";
import type { ScriptedStep } from "../wire/spec.ts";
import { isCount, MAX_SEARCHES_OF_ONE, MAX_TOKENS_OF_ONE } from "../wire/token-counts.ts";
import type { Block } from "../wire/transcript.ts";
import type { ModelReply, StopReason } from "./model.ts";
import { stepUsage } from "./scripted-usage.ts";
import { stepReply, toolCallId } from "./step-reply.ts";
import { largerTokens } from "./token-usage.ts";

/** A block of a module's `content`. A tool call without an `id` is given one. */
export type ModuleBlock =
  | Extract<Block, { readonly type: "text" | "thinking" | "redacted_thinking" }>
  | {
      readonly type: "tool_use";
      readonly id?: string;
      readonly name: string;
      readonly input: Json;
    };

/** The answer of a model module: a text, the fields of a script's step, or whole blocks. */
export type ModuleReply =
  | string
  | (Pick<ScriptedStep, "text" | "toolCalls" | "usage"> & {
      /** Blocks, in place of `text` and `toolCalls`. */
      readonly content?: readonly ModuleBlock[];
      /**
       * Default: `tool_use` with tool calls, else `end_turn`. Without calls the loop takes only
       * `end_turn` and `stop_sequence` for success: see {@link StopReason}.
       */
      readonly stopReason?: StopReason;
    });

/**
 * A piece of a streamed answer. Text and tool calls are added up; of each figure of its `usage` the
 * largest counts, of `stopReason` the last.
 */
export type ModuleDelta =
  | string
  | (Pick<ScriptedStep, "text" | "usage"> & {
      readonly toolCall?: { readonly name: string; readonly input: Json };
      readonly stopReason?: StopReason;
    });

/** The parts of a stream so far. */
export interface SaidByModule extends Pick<ScriptedStep, "usage"> {
  readonly text: string;
  /** Grows in place: a copy for each of many calls would be slow. */
  readonly toolCalls: NonNullable<ScriptedStep["toolCalls"]>[number][];
  readonly stopReason?: StopReason;
}

type Fields = Readonly<Record<string, unknown>>;

const USAGE_FIELDS = [
  "inputTokens",
  "outputTokens",
  "cacheReadTokens",
  "cacheWriteTokens",
  "cacheWrite1hTokens",
  "webSearches",
];

/** Reads a module's answer. **Fails with** `MODEL_FAILED` for any but a {@link ModuleReply}. */
export function readReply(answer: unknown, turn: number): ModelReply {
  const fields = typeof answer === "string" ? { text: answer } : fieldsOf(answer, "the reply");
  onlyKnown(fields, ["text", "toolCalls", "content", "usage", "stopReason"]);
  const { content, stopReason } = fields;
  const reply = stepReply(
    { ...readText(fields), ...readToolCalls(fields), ...readUsage(fields) },
    turn,
  );
  if (content === undefined) return withStopReason(reply, stopReason);
  if (fields.text !== undefined || fields.toolCalls !== undefined) {
    throw bad("it has `content` beside `text` or `toolCalls`; return one or the other");
  }
  const blocks = listOf(content, "content").map((block, index) => readBlock(block, turn, index));
  const calls = blocks.some(({ type }) => type === "tool_use");
  const implied = calls ? "tool_use" : "end_turn";
  return withStopReason({ ...reply, content: blocks, stopReason: implied }, stopReason);
}

/** Adds a delta, and returns the text in it. **Fails with** `MODEL_FAILED` for any other value. */
export function addDelta(
  said: SaidByModule,
  value: unknown,
): { readonly text: string; readonly said: SaidByModule } {
  const fields = typeof value === "string" ? { text: value } : fieldsOf(value, "a delta");
  onlyKnown(fields, ["text", "toolCall", "usage", "stopReason"]);
  const { toolCall, stopReason } = fields;
  const { text = "" } = readText(fields);
  if (toolCall !== undefined) said.toolCalls.push(readToolCall(toolCall, "toolCall"));
  const { usage } = readUsage(fields);
  const next: SaidByModule = {
    ...said,
    text: said.text + text,
    ...(usage && { usage: largerTokens(stepUsage(said), stepUsage({ usage })) }),
    ...(stopReason !== undefined && { stopReason: textOf(fields, "stopReason") }),
  };
  return { text, said: next };
}

/** Returns the parts so far, with those that can be read of a bad answer or a bad delta. */
export function addBad(said: SaidByModule, value: unknown): SaidByModule {
  const fields = typeof value === "string" ? { text: value } : value;
  if (typeof fields !== "object" || fields === null) return said;
  const { text, toolCall, toolCalls, content, usage } = fields as Fields;
  const parts: unknown[] = [{ text }, { usage }, { toolCall }];
  for (const call of Array.isArray(toolCalls) ? toolCalls : []) parts.push({ toolCall: call });
  for (const block of Array.isArray(content) ? content : []) {
    const { type, text } = (block ?? {}) as Fields;
    parts.push(type === "tool_use" ? { toolCall: block } : { text });
  }
  return parts.reduce<SaidByModule>((sum, part) => {
    try {
      return addDelta(sum, part).said;
    } catch {
      // This is the bad part.
      return sum;
    }
  }, said);
}

function withStopReason(reply: ModelReply, stopReason: unknown): ModelReply {
  if (stopReason === undefined) return reply;
  return { ...reply, stopReason: textOf({ stopReason }, "stopReason") };
}

function readText(fields: Fields): { text?: string } {
  return fields.text === undefined ? {} : { text: textOf(fields, "text") };
}

function readToolCalls({ toolCalls }: Fields): Pick<ScriptedStep, "toolCalls"> {
  if (toolCalls === undefined) return {};
  const calls = listOf(toolCalls, "toolCalls");
  return { toolCalls: calls.map((call, index) => readToolCall(call, `toolCalls[${index}]`)) };
}

function readToolCall(value: unknown, where: string): { name: string; input: Json } {
  const call = fieldsOf(value, where);
  const name = textOf(call, "name", where);
  if (name === "") throw bad(`${where}.name is empty; name the tool`);
  return { name, input: jsonOf(inputOf(call), `${where}.input`) };
}

/**
 * Returns the input of a call. A missing one means no arguments; null is an input, and a bad one.
 */
function inputOf({ input }: Fields): unknown {
  return input === undefined ? {} : input;
}

function readUsage({ usage }: Fields): Pick<ScriptedStep, "usage"> {
  if (usage === undefined) return {};
  const said = fieldsOf(usage, "usage");
  onlyKnown(said, USAGE_FIELDS, "its usage");
  const {
    cacheReadTokens = 0,
    cacheWriteTokens = 0,
    cacheWrite1hTokens = 0,
    webSearches = 0,
  } = said;
  const read = {
    inputTokens: tokens(said.inputTokens),
    outputTokens: tokens(said.outputTokens),
    cacheReadTokens: tokens(cacheReadTokens),
    cacheWriteTokens: tokens(cacheWriteTokens),
    cacheWrite1hTokens: tokens(cacheWrite1hTokens),
    webSearches: tokens(webSearches, MAX_SEARCHES_OF_ONE),
  };
  if (read.cacheWrite1hTokens > read.cacheWriteTokens) {
    throw bad("usage.cacheWrite1hTokens is more than the cacheWriteTokens of which it is a part");
  }
  return { usage: read };
}

function tokens(value: unknown, most = MAX_TOKENS_OF_ONE): number {
  if (isCount(value, most)) return value;
  const message = "usage has to be { inputTokens, outputTokens } in whole numbers from 0";
  throw bad(`${message} to ${most}, not ${describe(value)}`);
}

function readBlock(value: unknown, turn: number, index: number): Block {
  const where = `content[${index}]`;
  const block = fieldsOf(value, where);
  switch (block.type) {
    case "text":
      return { type: "text", text: textOf(block, "text", where) };
    case "thinking": {
      const thinking = textOf(block, "thinking", where);
      return { type: "thinking", thinking, signature: textOf(block, "signature", where) };
    }
    case "redacted_thinking":
      return { type: "redacted_thinking", data: textOf(block, "data", where) };
    case "tool_use": {
      const id = block.id === undefined ? toolCallId(turn, index) : textOf(block, "id", where);
      return { type: "tool_use", id, ...readToolCall(block, where) };
    }
    default:
      throw bad(`${where}.type is none of text, thinking, redacted_thinking and tool_use`);
  }
}

function fieldsOf(value: unknown, where: string): Fields {
  if (typeof value === "object" && value !== null && !Array.isArray(value)) return value as Fields;
  throw bad(`${where} is ${value === undefined ? "undefined" : describe(value)}, not an object`);
}

function listOf(value: unknown, where: string): readonly unknown[] {
  if (Array.isArray(value)) return value;
  throw bad(`${where} is ${describe(value)}, not an array`);
}

function textOf(fields: Fields, field: string, where?: string): string {
  const value = fields[field];
  if (typeof value === "string") return value;
  const path = where === undefined ? field : `${where}.${field}`;
  throw bad(`${path} is ${value === undefined ? "missing" : describe(value)}, not a string`);
}

/** Returns a copy that survives a boundary and that the module cannot change later. */
function jsonOf(value: unknown, where: string): Json {
  try {
    return plainJson(value);
  } catch (thrown) {
    throw bad(`${where} is not JSON: ${describe(thrown)}; return plain data`);
  }
}

function onlyKnown(fields: Fields, known: readonly string[], whose = "it"): void {
  const stranger = Object.keys(fields).find((field) => !known.includes(field));
  if (stranger === undefined) return;
  throw bad(`${whose} has an unknown field \`${stranger}\`; the fields are ${known.join(", ")}`);
}

function bad(message: string): CoppiceError {
  return new CoppiceError("MODEL_FAILED", `A model module gave a bad reply: ${message}`);
}
