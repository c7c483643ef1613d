import { Supervisor } from "coppice";
import type { Figure } from "./figure.ts";

const machine = new URL("machines/idle.ts", import.meta.url).href;

/** An isolated agent, with a host started for it and with one that was started ahead. */
export const isolated: readonly Figure[] = [
  figure("thread", 0),
  figure("process", 0),
  figure("thread", 1, { most: 5 }),
  figure("process", 1, { most: 10 }),
];

function figure(
  isolation: "thread" | "process",
  warm: 0 | 1,
  target?: NonNullable<Figure["target"]>,
): Figure {
  const kind = warm === 0 ? "cold" : "warm";
  return {
    name: `isolated-${isolation}-${kind}`,
    what: `from \`spawn\` to its first frame, a machine alone in a ${isolation}, \`warm: ${warm}\``,
    unit: "ms",
    ...(target === undefined ? {} : { target }),
    async prepare() {
      const idle = { machine, lifetime: "session", isolation } as const;
      const supervisor = await Supervisor.start({ threads: 1, warm, agents: { idle } });
      return {
        async round() {
          await untilStates(supervisor, Array(warm).fill("warm"));
          const alive = new Promise((resolve) => supervisor.once("agent.state", resolve));
          const from = performance.now();
          void supervisor.spawn("idle");
          await alive;
          const ms = performance.now() - from;
          await supervisor.cancel("/");
          return ms;
        },
        [Symbol.asyncDispose]: () => supervisor.stop(),
      };
    },
  };
}

/** Waits until the hosts for one agent each are in these states, the last agent's gone. */
async function untilStates(supervisor: Supervisor, states: readonly string[]): Promise<void> {
  const apart = () => supervisor.stats().hosts.filter((host) => host.isolation !== undefined);
  while (
    apart()
      .map(({ state }) => state)
      .join() !== states.join()
  ) {
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
}
