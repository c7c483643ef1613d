import { type AgentRef, Supervisor } from "coppice";
import { bareCounting, barePairs } from "./bare-actors.ts";
import { expectAll, type Figure, type Size, sized, timed } from "./figure.ts";
import { startEcho } from "./port-trip.ts";

const machine = (name: string): string => new URL(`machines/${name}.ts`, import.meta.url).href;
const PAIRS = 100;
const MOST = 16_000;
const patient = { timeoutMs: 60_000 };

/** Messages between machines, by their action `send`. */
export const between: readonly Figure[] = [
  {
    name: "between-pair",
    what: "one message of two machines on two threads that play ping-pong, by a bare port's trip",
    unit: "x a port's round trip",
    target: { most: 2 },
    async prepare(size) {
      const echo = startEcho();
      const players = await startPairs(1, 2);
      const balls = sized(2_000, size);
      return {
        async round() {
          const bare = await timed(async () => {
            for (let n = 0; n < 2 * balls; n += 1) await echo.trip(n);
          });
          return (await players.play(balls)) / bare;
        },
        async [Symbol.asyncDispose]() {
          await players[Symbol.asyncDispose]();
          await echo[Symbol.asyncDispose]();
        },
      };
    },
  },
  {
    name: "between-pairs",
    what: `messages of ${PAIRS} pairs that play ping-pong at once, by bare XState's rate`,
    unit: "x bare XState",
    target: { least: 1 / 3 },
    async prepare(size) {
      const players = await startPairs(PAIRS, 2);
      const balls = sized(200, size);
      return {
        async round() {
          const bare = await timed(async () => barePairs(PAIRS, balls));
          return bare / (await players.play(balls));
        },
        [Symbol.asyncDispose]: () => players[Symbol.asyncDispose](),
      };
    },
  },
  {
    name: "between-counting",
    what: `${MOST} messages of one step to a machine that counts them, by bare XState's rate`,
    unit: "x bare XState",
    target: { least: 1 / 3 },
    async prepare(size) {
      const counting = await startCounting();
      const count = sized(MOST, size);
      return {
        async round() {
          const bare = await timed(async () => bareCounting(count));
          return bare / (await counting.count(count));
        },
        [Symbol.asyncDispose]: () => counting.supervisor.stop(),
      };
    },
  },
  {
    name: "between-batch",
    what: `a message of ${MOST} that are sent in one step, by one of a thousand`,
    unit: "x",
    target: { most: 1.5 },
    async prepare(size: Size) {
      const counting = await startCounting();
      const count = sized(MOST, size);
      return {
        async round() {
          const few = await counting.count(count / 16);
          return (await counting.count(count)) / 16 / few;
        },
        [Symbol.asyncDispose]: () => counting.supervisor.stop(),
      };
    },
  },
];

async function startPairs(pairs: number, threads: number) {
  const agents = { player: { machine: machine("player") } };
  const supervisor = await Supervisor.start({ threads, agents });
  const first: AgentRef[] = [];
  for (let n = 0; n < pairs; n += 1) {
    const [a, b] = [`a${n}`, `b${n}`];
    const to = (name: string) => ({ name, input: { to: `/${name === a ? b : a}`, left: 0 } });
    first.push(await supervisor.spawn("player", to(a)));
    await supervisor.spawn("player", to(b));
  }
  return {
    play: (left: number) =>
      timed(() =>
        Promise.all(first.map((ref, n) => ref.ask({ type: "serve", to: `/b${n}`, left }, patient))),
      ),
    [Symbol.asyncDispose]: () => supervisor.stop(),
  };
}

async function startCounting() {
  const supervisor = await Supervisor.start({
    threads: 2,
    limits: { mailbox: MOST + 1 },
    agents: {
      producer: { machine: machine("producer") },
      counter: { machine: machine("counter") },
    },
  });
  const counter = await supervisor.spawn("counter", { name: "counter" });
  const producer = await supervisor.spawn("producer");
  let sum = 0;
  return {
    supervisor,
    count: (count: number) =>
      timed(async () => {
        sum += count;
        producer.tell({ type: "produce", to: "/counter", count });
        let counted = 0;
        while (counted < sum) counted = Number(await counter.ask({ type: "count" }, patient));
        expectAll("messages", counted, sum);
      }),
  };
}
