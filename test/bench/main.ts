import { availableParallelism } from "node:os";
import { parseArgs } from "node:util";
import { cancel } from "./cancel.ts";
import type { Figure, Size, Target } from "./figure.ts";
import { heap, resident } from "./memory.ts";
import { messages } from "./messages.ts";
import { port } from "./port.ts";
import { singleSide } from "./single-side.ts";
import { spawns } from "./spawns.ts";
import { manyAgents, oneAgent } from "./turns.ts";

const figures: readonly Figure[] = [
  port,
  oneAgent,
  manyAgents,
  spawns,
  messages,
  ...singleSide,
  cancel,
  heap,
  resident,
];
const WARM_UP_ROUNDS = 2;
const rounds: { readonly [S in Size]: number } = { full: 7, quick: 3 };

const { values, positionals } = parseArgs({
  options: { quick: { type: "boolean", default: false } },
  allowPositionals: true,
});
await bench(positionals, values.quick ? "quick" : "full");

/** Prints each figure whose name contains one of the words, or all of them. */
async function bench(words: readonly string[], size: Size): Promise<void> {
  const chosen = figures.filter(({ name }) => {
    return words.length === 0 || words.some((word) => name.includes(word));
  });
  if (chosen.length === 0)
    print(`Nothing is called that: ${figures.map((f) => f.name).join(", ")}`);
  if (size === "quick") print("Quick: a tenth of the agents, calls and messages that are named.");
  print(`Node ${process.versions.node}, ${availableParallelism()} cores, ${rounds[size]} rounds`);
  for (const figure of chosen) print(await measure(figure, size));
}

async function measure(figure: Figure, size: Size): Promise<string> {
  await using prepared = await figure.prepare(size);
  for (let n = 0; n < WARM_UP_ROUNDS; n += 1) await prepared.round();
  const found: number[] = [];
  for (let n = 0; n < rounds[size]; n += 1) found.push(await prepared.round());
  found.sort((a, b) => a - b);
  const [least, most] = [found.at(0) ?? 0, found.at(-1) ?? 0];
  const median = found[Math.floor(found.length / 2)] ?? 0;
  const spread = `${shown(least)} to ${shown(most)}`;
  const { name, what, unit, target } = figure;
  const told = target === undefined ? "" : `; ${verdict(median, target, size)}`;
  return `\n${name}: ${shown(median)} ${unit} (${spread})${told}\n  ${what}`;
}

function verdict(median: number, target: Target, size: Size): string {
  const [word, goal] = "most" in target ? ["at most", target.most] : ["at least", target.least];
  // A tenth of the work is no answer to a target that speaks of all of it.
  if (size === "quick") return `target ${word} ${shown(goal)}, of the full size only`;
  const factor = "most" in target ? median / target.most : target.least / median;
  const met = factor <= 1 ? "met" : `missed by a factor of ${factor.toFixed(1)}`;
  return `target ${word} ${shown(goal)}: ${met}`;
}

function shown(value: number): string {
  return value.toLocaleString("en", { maximumSignificantDigits: 3 });
}

function print(line: string): void {
  process.stdout.write(`${line}\n`);
}
