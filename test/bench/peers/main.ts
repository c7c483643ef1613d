import { availableParallelism, loadavg } from "node:os";
import { parseArgs } from "node:util";
import { median, shown } from "../figure.ts";
import { coppice } from "./coppice.ts";
import { langGraph } from "./langgraph.ts";
import { openaiAgents } from "./openai-agents.ts";
import { type Peer, TURNS } from "./peer.ts";
import { vercel } from "./vercel.ts";

const WARM_UP_ROUNDS = 5;
/** What a turn of ours may cost, as a part of theirs. */
const targets: readonly (number | undefined)[] = [undefined, undefined, 0.6, 0.25, 0.1];

const { values } = parseArgs({ options: { quick: { type: "boolean", default: false } } });
const [rounds, runs] = values.quick ? [7, 3] : [31, 10];

await using ours = await coppice(1);
await using inline = await coppice(0);
const peers = [ours, inline, vercel(), openaiAgents(), langGraph()];
const samples = await measureInTurn(peers);

print(
  `Node ${process.versions.node}, ${availableParallelism()} cores, ` +
    `load ${shown(loadavg()[0] ?? 0)}, ${rounds} rounds in turn, ` +
    `${runs} runs of ${TURNS} turns each`,
);
print("1 agent, instant model, microseconds per turn; ratio: ours / theirs of the same round\n");
compare("Time on the clock", (sample) => sample.us, targets);
compare("Processor time, all threads", (sample) => sample.cpuUs, []);

interface Sample {
  readonly us: number;
  readonly cpuUs: number;
}

function compare(
  title: string,
  of: (sample: Sample) => number,
  goals: readonly (number | undefined)[],
): void {
  print(title);
  const [first = [], ...others] = samples.map((taken) => taken.map(of));
  print(`  ${ours.name.padEnd(22)} ${spread(first)}`);
  for (const [index, found] of others.entries()) {
    const ratios = first.map((value, round) => value / (found[round] as number));
    const goal = goals[index + 1];
    const target = goal === undefined ? "" : `  target at most ${goal}`;
    const { name } = peers[index + 1] as Peer;
    print(`  ${name.padEnd(22)} ${spread(found).padEnd(26)} ratio ${spread(ratios)}${target}`);
  }
}

/** A B C D, A B C D: what else the machine does falls on all of them alike. */
async function measureInTurn(all: readonly Peer[]): Promise<Sample[][]> {
  const found: Sample[][] = all.map(() => []);
  for (let round = 0; round < WARM_UP_ROUNDS + rounds; round += 1) {
    for (const [index, peer] of all.entries()) {
      const sample = await measure(peer);
      if (round >= WARM_UP_ROUNDS) found[index]?.push(sample);
    }
  }
  return found;
}

async function measure(peer: Peer): Promise<Sample> {
  const from = performance.now();
  const before = process.cpuUsage();
  for (let n = 0; n < runs; n += 1) await peer.run();
  const { user, system } = process.cpuUsage(before);
  const turns = runs * TURNS;
  const us = ((performance.now() - from) * 1_000) / turns;
  return { us, cpuUs: (user + system) / turns };
}

function spread(found: readonly number[]): string {
  return `${shown(median(found))} (${shown(Math.min(...found))} to ${shown(Math.max(...found))})`;
}

function print(line: string): void {
  process.stdout.write(`${line}\n`);
}
