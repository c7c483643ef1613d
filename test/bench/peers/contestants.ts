/** What takes part in a contest, by the name that its process is started with. */
export type Contestant =
  | "coppice-2"
  | "coppice-1"
  | "coppice-0"
  | "vercel"
  | "openai-agents"
  | "langgraph"
  | "port";

/** What a process is told by its arguments. */
export interface Work {
  readonly contestant: Contestant;
  /** How many at once. */
  readonly agents: number;
  /** How often one after another. */
  readonly runs: number;
}

/** What its process says: that it is ready, what a round took, or what went wrong. */
export type Said =
  | { readonly type: "ready" }
  | ({ readonly type: "round" } & Sample)
  | { readonly type: "failed"; readonly why: string };

/** Microseconds of one turn in one round. */
export interface Sample {
  readonly us: number;
  /** Of processor time of all threads of the process. */
  readonly cpuUs: number;
}

/** How people call it, and the package that has its version. */
export const NAMES: { readonly [C in Contestant]: readonly [name: string, dependency?: string] } = {
  "coppice-2": ["Coppice, 2 threads"],
  "coppice-1": ["Coppice, 1 thread"],
  "coppice-0": ["Coppice, `threads: 0`"],
  vercel: ["Vercel AI SDK", "ai"],
  "openai-agents": ["OpenAI Agents", "@openai/agents"],
  langgraph: ["LangGraph", "@langchain/langgraph"],
  port: ["A bare port's round trip"],
};
