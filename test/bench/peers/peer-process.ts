/** The process of one contestant: warm from its first round on, at work only when it is asked. */
import { timed } from "../figure.ts";
import { preparePort } from "../port.ts";
import { reasonOf } from "../recorded.ts";
import type { Contestant, Said, Work } from "./contestants.ts";
import { Adder, type Peer, TURNS } from "./peer.ts";

/** Longer than any contest: who is forgotten ends by itself. */
const LIFETIME_MS = 15 * 60_000;

/** What one round does, and in how many turns. */
interface Round {
  readonly turns: number;
  run(): Promise<unknown>;
}

const { contestant, agents, runs } = JSON.parse(process.argv[2] as string) as Work;
setTimeout(() => process.exit(1), LIFETIME_MS).unref();
process.on("disconnect", () => process.exit());
begin().then(listen, fail);

async function begin(): Promise<Round> {
  const turns = runs * agents * TURNS;
  if (contestant === "port") {
    const prepared = await preparePort(turns);
    return { turns, run: () => prepared.round() };
  }
  const adder = new Adder();
  const peer = await peerOf(contestant, adder);
  const atOnce = () => Promise.all(Array.from({ length: agents }, () => peer.run()));
  return {
    turns,
    async run() {
      for (let n = 0; n < runs; n += 1) adder.expect(await atOnce());
    },
  };
}

/** Only one of the libraries is loaded. */
async function peerOf(name: Exclude<Contestant, "port">, adder: Adder): Promise<Peer> {
  switch (name) {
    case "coppice-2":
    case "coppice-1":
    case "coppice-0":
      return await (await import("./coppice.ts")).coppice(adder, agents, Number(name.at(-1)));
    case "vercel":
      return (await import("./vercel.ts")).vercel(adder);
    case "openai-agents":
      return (await import("./openai-agents.ts")).openaiAgents(adder);
    case "langgraph":
      return (await import("./langgraph.ts")).langGraph(adder);
    default:
      throw new Error(`nobody is called ${name satisfies never}`);
  }
}

function listen(round: Round): void {
  process.on("message", () => void measured(round).then(say, fail));
  say({ type: "ready" });
}

async function measured({ turns, run }: Round): Promise<Said> {
  const before = process.cpuUsage();
  const ms = await timed(run);
  const { user, system } = process.cpuUsage(before);
  return { type: "round", us: (ms * 1_000) / turns, cpuUs: (user + system) / turns };
}

function say(said: Said): void {
  process.send?.(said);
}

function fail(error: unknown): void {
  process.send?.({ type: "failed", why: reasonOf(error) } satisfies Said, () => process.exit(1));
}
