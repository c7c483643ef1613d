import { availableParallelism, loadavg } from "node:os";
import { parseArgs } from "node:util";
import { checkOut, compare } from "./against.ts";
import {
  type Figure,
  measure,
  type Size,
  shown,
  shownSpread,
  shownTarget,
  verdict,
} from "./figure.ts";
import { importFigures } from "./figures.ts";

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
  for (const figure of chosen) print(await lineOf(figure, size));
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

async function lineOf({ target, ...figure }: Figure, size: Size): Promise<string> {
  const found = await measure(figure, size, rounds[size]);
  const line = `\n${figure.name}: ${shownSpread(found)} ${figure.unit}`;
  if (target === undefined) return `${line}\n  ${figure.what}`;
  // A tenth of the work is no answer to a target that speaks of all of it.
  const said = size === "quick" ? ", of the full size only" : `: ${verdict(found.median, target)}`;
  return `${line}; target ${shownTarget(target)}${said}\n  ${figure.what}`;
}

function print(line: string): void {
  process.stdout.write(`${line}\n`);
}
