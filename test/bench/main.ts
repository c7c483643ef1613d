import { availableParallelism, loadavg } from "node:os";
import { parseArgs } from "node:util";
import { cancel } from "./cancel.ts";
import { type Figure, median, type Size, shown, type Target } from "./figure.ts";
import { growth } from "./growth.ts";
import { heap, resident } from "./memory.ts";
import { messages } from "./messages.ts";
import { port } from "./port.ts";
import { runaway } from "./runaway.ts";
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
  runaway,
  heap,
  resident,
  ...growth,
];
const WARM_UP_ROUNDS = 2;
const rounds: { readonly [S in Size]: number } = { full: 7, quick: 3 };

const { values, positionals } = parseArgs({
  options: { quick: { type: "boolean", default: false } },
  allowPositionals: true,
});
await bench(positionals, values.quick ? "quick" : "full");

/** Prints each figure whose name contains one of the flags, or all of them. */
async function bench(cancelFlags: readonly string[], size: Size): Promise<void> {
  const chosen = figures.filter(({ name }) => {
    return cancelFlags.length === 0 || cancelFlags.some((cancelFlag) => name.includes(cancelFlag));
  });
  if (chosen.length === 0)
    print(`Nothing is called that: ${figures.map((f) => f.name).join(", ")}`);
  if (size === "quick") print("Quick: a tenth of the agents, calls and messages that are named.");
  const machine = `${availableParallelism()} cores, load ${shown(loadavg()[0] ?? 0)}`;
  print(`Node ${process.versions.node}, ${machine}, ${rounds[size]} rounds`);
  for (const figure of chosen) print(await measure(figure, size));
}

async function measure(figure: Figure, size: Size): Promise<string> {
  await using prepared = await figure.prepare(size);
  const warmUp = figure.rounds === undefined ? WARM_UP_ROUNDS : 0;
  for (let n = 0; n < warmUp; n += 1) await prepared.round();
  const found: number[] = [];
  const many = figure.rounds ?? rounds[size];
  for (let n = 0; n < many; n += 1) found.push(await prepared.round());
  const spread = `${shown(Math.min(...found))} to ${shown(Math.max(...found))}`;
  const middle = median(found);
  const { name, what, unit, target } = figure;
  const told = target === undefined ? "" : `; ${verdict(middle, target, size)}`;
  return `\n${name}: ${shown(middle)} ${unit} (${spread})${told}\n  ${what}`;
}

function verdict(found: number, target: Target, size: Size): string {
  const [cancelFlag, goal] =
    "most" in target ? ["at most", target.most] : ["at least", target.least];
  // A tenth of the work is no answer to a target that speaks of all of it.
  if (size === "quick") return `target ${cancelFlag} ${shown(goal)}, of the full size only`;
  const factor = "most" in target ? found / target.most : target.least / found;
  const met = factor <= 1 ? "met" : `missed by a factor of ${factor.toFixed(1)}`;
  return `target ${cancelFlag} ${shown(goal)}: ${met}`;
}

function print(line: string): void {
  process.stdout.write(`${line}\n`);
}
