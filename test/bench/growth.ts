import { type AgentRef, Supervisor } from "coppice";
import { doorPerSecond } from "./door.ts";
import {
  expectAll,
  type Figure,
  measure,
  nothingKept,
  type Prepared,
  type Size,
  sized,
  timed,
} from "./figure.ts";
import { measureMemory } from "./memory.ts";

const counter = new URL("machines/counter.ts", import.meta.url).href;
const populations = [10, 1_000, 100_000] as const;
const depths = [1, 2, 3, 4, 5, 6, 7, 8] as const;
/** Agents that are told something, whatever the number of those that are not. */
const TOLD = 10;

const tells = populations.map((agents): Figure => {
  return {
    name: `tell-at-${agents}`,
    what: `per tell, with ${agents.toLocaleString("en")} idle agents on 2 threads`,
    unit: "us",
    prepare: (size) => prepareTells(agents, size),
  };
});
const heaps = populations.map((agents): Figure => {
  return {
    name: `memory-at-${agents}`,
    what: `growth of the heap for each of ${agents.toLocaleString("en")} idle session agents`,
    unit: "KB/agent",
    rounds: 3,
    prepare: (size) => measureMemory("heapUsed", 0, agentsOf(agents, size)),
  };
});
const doors = depths.map((depth): Figure => {
  return {
    name: `depth-${depth}`,
    what: `per arbitrated tool call at depth ${depth}; the arbiter alone`,
    unit: "us",
    prepare: (size) => prepareDoor(depth, sized(200_000, size)),
  };
});

/** Whether what one agent costs depends on how many there are, or on how deep it lives. */
export const growth: readonly Figure[] = [
  ...tells,
  ...heaps,
  ...doors,
  most("growth-tell", "a tell with 1,000 or 100,000 idle agents, to one with 10", tells),
  most("growth-memory", "heap of an idle agent of 1,000 or 100,000, to that of 10", heaps),
  most("growth-depth", "a tool call at the door at depth 2 to 8, to one at depth 1", doors),
];

/** The most of the others, to the first. Each is alone, not in the heap of another. */
function most(name: string, what: string, figures: readonly Figure[]): Figure {
  return {
    name,
    what,
    unit: "x",
    target: { most: 1.5 },
    rounds: 3,
    prepare: async (size) => ({
      async round() {
        const found: number[] = [];
        for (const figure of figures) found.push((await measure(figure, size, 1)).median);
        const [first = 0, ...others] = found;
        return Math.max(...others) / first;
      },
      [Symbol.asyncDispose]: nothingKept,
    }),
  };
}

async function prepareTells(population: number, size: Size): Promise<Prepared> {
  const agents = agentsOf(population, size);
  const tells = sized(2_000, size);
  const supervisor = await Supervisor.start({
    threads: 2,
    limits: { concurrency: agents, queue: agents, mailbox: tells + 1 },
    agents: { counter: { machine: counter, lifetime: "session" } },
  });
  const told = (await spawnAll(supervisor, agents)).slice(-TOLD);
  let before = 0;
  return {
    async round() {
      const ms = await timed(async () => {
        for (let n = 0; n < tells; n += 1) for (const ref of told) ref.tell({ type: "ping" });
        before += tells;
        const counts = await Promise.all(
          told.map((ref) => ref.ask({ type: "count" }, { timeoutMs: 60_000 })),
        );
        for (const count of counts) expectAll("messages", Number(count), before);
      });
      return (ms * 1_000) / (tells * told.length);
    },
    [Symbol.asyncDispose]: () => supervisor.stop(),
  };
}

/** Resolves when all of them live on their threads. */
async function spawnAll(supervisor: Supervisor, agents: number): Promise<AgentRef[]> {
  const alive = Promise.withResolvers<void>();
  let begun = 0;
  const hear = () => {
    begun += 1;
    if (begun === agents) alive.resolve();
  };
  supervisor.on("agent.state", hear);
  const refs = Array.from({ length: agents }, () => supervisor.spawn("counter"));
  await alive.promise;
  supervisor.off("agent.state", hear);
  return Promise.all(refs);
}

async function prepareDoor(depth: number, calls: number): Promise<Prepared> {
  return {
    round: async () => 1_000_000 / doorPerSecond("tool", calls, depth),
    [Symbol.asyncDispose]: nothingKept,
  };
}

/** Ten are ten also in a quick run. */
function agentsOf(population: number, size: Size): number {
  return population === TOLD ? population : sized(population, size);
}
