import { spawnSync } from "node:child_process";
import { mkdtempSync, rmSync, symlinkSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";
import { type Figure, type Prepared, type Size, spreadOf } from "./figure.ts";
import { importFigures } from "./figures.ts";

const ROOT = fileURLToPath(new URL("../../", import.meta.url));
const WARM_UP_ROUNDS = 2;
const ROUNDS: { readonly [S in Size]: number } = { full: 12, quick: 5 };

/** Another commit, checked out beside this one. */
interface Other extends Disposable {
  /** The URL of its bench, to import more of it. */
  readonly base: string;
  readonly figures: readonly Figure[];
}

/** Checks a commit out; its dependencies are those that are installed here. */
export async function checkOut(ref: string): Promise<Other> {
  const folder = join(mkdtempSync(join(tmpdir(), "coppice-bench-")), "other");
  git("worktree", "add", "--quiet", "--detach", folder, ref);
  symlinkSync(join(ROOT, "node_modules"), join(folder, "node_modules"));
  const base = pathToFileURL(join(folder, "test/bench/main.ts")).href;
  return {
    base,
    figures: await importFigures(base),
    [Symbol.dispose]() {
      rmSync(join(folder, "node_modules"));
      git("worktree", "remove", "--force", folder);
      rmSync(join(folder, ".."), { recursive: true, force: true });
    },
  };
}

function git(...args: readonly string[]): void {
  const { status, stderr } = spawnSync("git", args, { cwd: ROOT, encoding: "utf8" });
  if (status !== 0) throw new Error(`git ${args.join(" ")}: ${stderr}`);
}

interface Round {
  /** In the unit of the figure. */
  readonly found: number;
  /** Milliseconds of processor time of the whole process. */
  readonly processor: number;
}

/**
 * Measures a figure of two commits in turn, in one process, and returns a line with the ratios of
 * this one to the other: of each pair of rounds, at the tenth, fiftieth and ninetieth percentile.
 */
export async function compare(ours: Figure, theirs: Figure, size: Size): Promise<string> {
  await using here = await ours.prepare(size);
  await using there = await theirs.prepare(size);
  for (let n = 0; n < WARM_UP_ROUNDS; n += 1) {
    await here.round();
    await there.round();
  }
  const pairs: (readonly [Round, Round])[] = [];
  for (let n = 0; n < ROUNDS[size]; n += 1) {
    // Who goes first takes turns: a collection of garbage falls on either.
    const first = n % 2 === 0 ? await measured(here) : undefined;
    const other = await measured(there);
    pairs.push([first ?? (await measured(here)), other]);
  }
  const found = spread(pairs.map(([a, b]) => a.found / b.found));
  const processor = spread(pairs.map(([a, b]) => a.processor / b.processor));
  return `${ours.name}: ${ours.unit} x ${found}; processor time x ${processor}`;
}

async function measured(prepared: Prepared): Promise<Round> {
  globalThis.gc?.();
  const before = process.cpuUsage();
  const found = await prepared.round();
  const { user, system } = process.cpuUsage(before);
  return { found, processor: (user + system) / 1_000 };
}

function spread(ratios: readonly number[]): string {
  const { p10, median, p90 } = spreadOf(ratios);
  return [p10, median, p90].map((ratio) => ratio.toFixed(2)).join(", ");
}
