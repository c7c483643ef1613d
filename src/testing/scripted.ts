import type { JsonLike, ScriptedStep } from "../index.ts";
import type { ScriptedModel } from "../wire/spec.ts";

/** A tool call of a scripted turn. */
export interface ScriptedCall {
  readonly name: string;
  readonly input: JsonLike;
}

/** A scripted turn: a text, one call, several calls at once, or a whole step. */
export type ScriptedTurn = string | ScriptedCall | readonly ScriptedCall[] | ScriptedStep;

/**
 * Creates a scripted model: it returns one turn after the other, offline and at once.
 *
 * **Gotcha** a script that runs out fails the agent with SCRIPT_EXHAUSTED, unless it repeats.
 * @param turns a single text, or the turns in order
 * @param options `repeat`: begins again after the last turn; default false
 * @example
 * const greeter = { model: scripted("Hello!") };
 * const adder = { model: scripted([call("add", { a: 1, b: 2 }), "It is 3."]), tools: ["add"] };
 * const both = { model: scripted([[call("add", { a: 1 }), call("add", { a: 2 })], "Done."]) };
 */
export function scripted(
  turns: string | readonly ScriptedTurn[],
  { repeat = false }: { readonly repeat?: boolean } = {},
): ScriptedModel {
  const steps = (typeof turns === "string" ? [turns] : turns).map(stepOf);
  return { provider: "scripted", steps, ...(repeat ? { repeat } : {}) };
}

/**
 * Creates a tool call for {@link scripted}: `call("add", { a: 1, b: 2 })`.
 *
 * @param name the name that models see: a tool of an MCP server is `server__tool`
 */
export function call(name: string, input: JsonLike = {}): ScriptedCall {
  return { name, input };
}

function stepOf(turn: ScriptedTurn): ScriptedStep {
  if (typeof turn === "string") return { text: turn };
  if (isCalls(turn)) return { toolCalls: turn };
  return "name" in turn ? { toolCalls: [turn] } : turn;
}

function isCalls(turn: ScriptedTurn): turn is readonly ScriptedCall[] {
  return Array.isArray(turn);
}
