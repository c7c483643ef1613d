import { defineTool, type Json, type ModelSpec, type ScriptedStep } from "../../src/index.ts";

type Call = ScriptedStep["toolCalls"] & {} extends readonly (infer One)[] ? One : never;

/** A scripted model: each step is what it says, or the calls that it makes. */
export function script(...steps: readonly (string | readonly Call[])[]): ModelSpec {
  return { provider: "scripted", steps: steps.map(step) };
}

export function call(name: string, input: Json = {}): Call {
  return { name, input };
}

/** The call that spawns one agent of a template. */
export function spawn(agent: string, more: Record<string, Json> = {}): Call {
  return call("spawn_agent", { agent, input: "go", ...more });
}

/** A tool, and a count of its calls and of how many of them ran at once. */
export function countingTool(name: string, work: (input: unknown) => unknown = () => "ok") {
  const count = { calls: 0, running: 0, most: 0 };
  const execute = async (input: unknown): Promise<unknown> => {
    count.calls += 1;
    count.running += 1;
    count.most = Math.max(count.most, count.running);
    try {
      return await work(input);
    } finally {
      count.running -= 1;
    }
  };
  const about = { name, description: "Counts its calls.", input: { type: "object" } };
  return { tool: defineTool({ ...about, execute }), count };
}

/** Long enough for others to begin, counted in turns of the event loop. */
export async function aWhile(): Promise<string> {
  for (let turn = 0; turn < 25; turn += 1) await new Promise((next) => setImmediate(next));
  return "worked";
}

function step(said: string | readonly Call[]): ScriptedStep {
  return typeof said === "string" ? { text: said } : { toolCalls: said };
}
