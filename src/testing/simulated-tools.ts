import type { Tool } from "../tools/tool.ts";
import type { History } from "./history.ts";
import type { Random } from "./random.ts";

/** The parts of a simulation that a tool needs. */
export interface ToolSurroundings {
  readonly history: History;
  readonly random: Random;
  /** The rates at which a call fails and at which it is never answered. */
  readonly rates: { readonly toolFailure: number; readonly toolSilence: number };
  /** Resolves when this call's turn is chosen. */
  readonly turn: (what: string) => Promise<void>;
}

/**
 * Wraps a tool for a simulation: its runs and answers are choices; at the given rates it fails, or
 * is silent until its timeout.
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
  // The brand that marks a tool is inherited through the prototype.
  return Object.freeze(Object.create(tool, { execute: { value: execute, enumerable: true } }));
}
