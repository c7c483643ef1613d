import { Supervisor } from "coppice";
import { type Figure, sized, timed } from "./figure.ts";

const idle = new URL("machines/idle.ts", import.meta.url).href;

export const spawns: Figure = {
  name: "spawn",
  what: "idle machine agents from `spawn` to the first frame of the last, 2 threads",
  unit: "agents/s",
  async prepare(size) {
    const agents = sized(10_000, size);
    const supervisor = await Supervisor.start({
      threads: 2,
      limits: { concurrency: agents, queue: agents },
      agents: { idle: { machine: idle, lifetime: "session" } },
    });
    return {
      async round() {
        const alive = Promise.withResolvers<void>();
        let begun = 0;
        const hear = () => {
          begun += 1;
          if (begun === agents) alive.resolve();
        };
        supervisor.on("agent.state", hear);
        const ms = await timed(async () => {
          for (let n = 0; n < agents; n += 1) void supervisor.spawn("idle");
          await alive.promise;
        });
        supervisor.off("agent.state", hear);
        await supervisor.cancel("/");
        return agents / (ms / 1_000);
      },
      [Symbol.asyncDispose]: () => supervisor.stop(),
    };
  },
};
