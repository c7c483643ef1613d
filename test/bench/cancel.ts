import { availableParallelism } from "node:os";
import { Supervisor } from "coppice";
import { call, scripted } from "coppice/testing";
import { expectAll, type Figure, type Prepared, type Size, sized, timed } from "./figure.ts";
import { keepBusy } from "./load.ts";

const idle = new URL("machines/idle.ts", import.meta.url).href;

/** As many calls as one turn makes. */
const CALLS = 128;

export const cancel: Figure = {
  name: "cancel",
  what: "cancel of a subtree of 10,000 agents, until the last has stopped on its thread",
  unit: "ms",
  target: { most: 150 },
  prepare: prepareCancel,
};

export const cancelLoaded: Figure = {
  name: "cancel-loaded",
  what: "the same while another process keeps each core busy, to the quiet round before it",
  unit: "x",
  target: { most: 2 },
  async prepare(size) {
    const prepared = await prepareCancel(size);
    return {
      async round() {
        const quiet = await prepared.round();
        using _load = await keepBusy(availableParallelism());
        return (await prepared.round()) / quiet;
      },
      [Symbol.asyncDispose]: () => prepared[Symbol.asyncDispose](),
    };
  },
};

async function prepareCancel(size: Size): Promise<Prepared> {
  const agents = sized(10_000, size);
  const spawn = call("spawn_agent", { agent: "idle", input: null, background: true });
  const spawns = Array.from({ length: Math.ceil(agents / CALLS) }, (_, turn) =>
    Array.from({ length: Math.min(CALLS, agents - turn * CALLS) }, () => spawn),
  );
  const model = scripted([...spawns, [call("wait_agents")], ""]);
  // Those that spawn them all, one that waits for them.
  const leadTurns = spawns.length + 1;
  const bound = agents + 1;
  const turns = leadTurns + 1;
  const supervisor = await Supervisor.start({
    threads: 2,
    limits: { concurrency: bound, queue: bound },
    agents: {
      lead: { model, agents: ["idle"], limits: { spawns: agents, children: agents, turns } },
      idle: { machine: idle, lifetime: "session" },
    },
  });
  let stopped = 0;
  let toCome = 0;
  let quiet = Promise.withResolvers<void>();
  const came = () => {
    toCome -= 1;
    if (toCome === 0) quiet.resolve();
  };
  supervisor.on("agent.stopped", () => {
    stopped += 1;
  });
  supervisor.on("agent.state", ({ path }) => path.split("/").length > 2 && came());
  supervisor.on("model.finished", came);
  return {
    async round() {
      stopped = 0;
      // All of them live, and the lead has read that they do and waits.
      toCome = agents + leadTurns;
      quiet = Promise.withResolvers<void>();
      const lead = await supervisor.spawn("lead", { input: "go" });
      const early = lead.outcome.then((outcome) => {
        if (toCome > 0) throw new Error(`the lead has ended: ${JSON.stringify(outcome)}`);
      });
      await Promise.race([quiet.promise, early]);
      const ms = await timed(() => supervisor.cancel(lead.path));
      expectAll("stopped agents", stopped, agents + 1);
      return ms;
    },
    [Symbol.asyncDispose]: () => supervisor.stop(),
  };
}
