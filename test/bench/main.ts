import { availableParallelism, loadavg } from "node:os";
import { parseArgs } from "node:util";
import { checkOut, compare } from "./against.ts";
import { type Figure, median, type Size, shown, type Target } from "./figure.ts";
import { importFigures } from "./figures.ts";

const WARM_UP_ROUNDS = 2;
const rounds: { readonly [S in Size]: number } = { full: 7, quick: 3 };

const { values, positionals } = parseArgs({
  options: { quick: { type: "boolean", default: false }, against: { type: "string" } },
  allowPositionals: true,
});
await bench(positionals, values.quick ? "quick" : "full");

/** Prints each figure whose name contains one of the words, or all of them. */
async function bench(words: readonly string[], size: Size): Promise<void> {
  const figures = await importFigures();
  const chosen = figures.filter(({ name }) => {
    return words.length === 0 || words.some((word) => name.includes(word));
  });
  if (chosen.length === 0)
    print(`Nothing is called that: ${figures.map((f) => f.name).join(", ")}`);
  if (size === "quick") print("Quick: a tenth of the agents, calls and messages that are named.");
  const machine = `${availableParallelism()} cores, load ${shown(loadavg()[0] ?? 0)}`;
  print(`Node ${process.versions.node}, ${machine}, ${rounds[size]} rounds`);
  const { against } = values;
  if (against !== undefined) return await benchAgainst(against, chosen, size);
  for (const figure of chosen) print(await measure(figure, size));
}

/** Prints what each figure is of what it is in another commit. */
async function benchAgainst(ref: string, chosen: readonly Figure[], size: Size): Promise<void> {
  using other = await checkOut(ref);
  print(`Ratios to ${ref}: the tenth, fiftieth and ninetieth percentile of pairs of rounds`);
  for (const figure of chosen) {
    const theirs = other.figures.find(({ name }) => name === figure.name);
    print(theirs ? await compare(figure, theirs, size) : `${figure.name}: not in ${ref}`);
  }
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
  const [bound, goal] = "most" in target ? ["at most", target.most] : ["at least", target.least];
  // A tenth of the work is no answer to a target that speaks of all of it.
  if (size === "quick") return `target ${bound} ${shown(goal)}, of the full size only`;
  const factor = "most" in target ? found / target.most : target.least / found;
  const met = factor <= 1 ? "met" : `missed by a factor of ${factor.toFixed(1)}`;
  return `target ${bound} ${shown(goal)}: ${met}`;
}

function print(line: string): void {
  process.stdout.write(`${line}\n`);
}
