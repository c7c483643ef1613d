import type { Tool } from "../tools/tool.ts";
import type { History } from "./history.ts";
import type { Random } from "./random.ts";

/** What a tool needs of the simulation in which it is called. */
export interface ToolSurroundings {
  readonly history: History;
  readonly random: Random;
  /** How often a call fails, and how often it is never answered. */
  readonly rates: { readonly toolFailure: number; readonly toolSilence: number };
  /** Resolves when it is this one's turn. */
  readonly turn: (what: string) => Promise<void>;
}

/**
 * The same tool, in a simulation: it is run, and it answers, when that is chosen; now and then it
 * fails, or is silent until its time is over.
 */
export function simulatedTool(tool: Tool, surroundings: ToolSurroundings): Tool {
  const { history, random, rates, turn } = surroundings;
  const execute: Tool["execute"] = async (input, context) => {
    const { callId } = context;
    history.execute(callId);
    if (random.chance(rates.toolSilence)) return new Promise(() => undefined);
    const fails = random.chance(rates.toolFailure);
    if (random.chance(0.7)) await turn(`${callId} answers`);
    if (fails) throw new Error("the simulation has this call fail");
    return tool.execute(input, context);
  };
  // The brand by which it is known comes along with the prototype.
  return Object.freeze(Object.create(tool, { execute: { value: execute, enumerable: true } }));
}
