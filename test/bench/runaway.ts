import { Supervisor } from "coppice";
import { expectAll, type Figure, timed } from "./figure.ts";

const machine = (name: string): string => new URL(`machines/${name}.ts`, import.meta.url).href;
const NEIGHBOURS = 100;
const graceMs = 1_000;

export const runaway: Figure = {
  name: "runaway",
  what: `beyond the grace, from a missed heartbeat until ${NEIGHBOURS} other agents answer again`,
  unit: "ms",
  target: { most: 100 },
  async prepare() {
    const supervisor = await Supervisor.start({
      threads: 1,
      heartbeatMs: 50,
      graceMs,
      agents: {
        counter: { machine: machine("counter"), lifetime: "session" },
        runaway: { machine: machine("runaway") },
      },
    });
    const ask = { timeoutMs: 10_000 };
    return {
      async round() {
        const spawned = Array.from({ length: NEIGHBOURS }, () => supervisor.spawn("counter"));
        const neighbours = await Promise.all(spawned);
        const all = () =>
          Promise.all(neighbours.map((neighbour) => neighbour.ask({ type: "count" }, ask)));
        const guilty = await supervisor.spawn("runaway");
        await all();
        const suspected = new Promise((resolve) => supervisor.once("host.suspect", resolve));
        guilty.tell({ type: "run" });
        await suspected;
        const ms = await timed(async () => expectAll("answers", (await all()).length, NEIGHBOURS));
        await Promise.all(neighbours.map((neighbour) => neighbour.cancel()));
        return ms - graceMs;
      },
      [Symbol.asyncDispose]: () => supervisor.stop(),
    };
  },
};
