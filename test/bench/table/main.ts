/**
 * Measures what has a goal, and writes it where people read it: `docs/figures.json`, and from that
 * the README's table, `docs/performance.md` and the chart.
 */
import { execFile } from "node:child_process";
import { readFileSync, writeFileSync } from "node:fs";
import { availableParallelism, loadavg } from "node:os";
import { fileURLToPath } from "node:url";
import { parseArgs, promisify } from "node:util";
import { importFigures } from "../figures.ts";
import { goalsOf, standingsOf } from "../peers/goals.ts";
import { comparePeers, versionOf } from "../peers/peers.ts";
import { type Figures, type Found, isFailed, type Recorded, reasonOf } from "../recorded.ts";
import { shownFound } from "./goals-table.ts";
import { FIGURES_FILE, PAGES } from "./pages.ts";

const ROOT = new URL("../../../", import.meta.url);
const PROGRAM = fileURLToPath(new URL("../record-figure.ts", import.meta.url));
const FLAGS = ["--conditions=coppice-source", "--expose-gc"];
/** For one figure: who takes longer is ended, and named. */
const FIGURE_MS = 240_000;
const ROUNDS = { full: 7, short: 3 };

const { values } = parseArgs({
  options: {
    short: { type: "boolean", default: false },
    render: { type: "boolean", default: false },
  },
});
if (!values.render) write(FIGURES_FILE, `${JSON.stringify(await measureAll(), rounded, 2)}\n`);
const figures = JSON.parse(read(FIGURES_FILE)) as Figures;
for (const [path, render] of PAGES)
  write(
    path,
    render(figures, () => read(path)),
  );

async function measureAll(): Promise<Figures> {
  const isShort = values.short;
  const machine = {
    node: process.versions.node,
    cores: availableParallelism(),
    load: loadavg()[0] ?? 0,
    day: new Date().toISOString().slice(0, 10),
  };
  print("Ours and other libraries, each in a process of its own");
  const contests = await comparePeers(isShort, print);
  const goals = goalsOf(contests);
  for (const { name, what, unit, target } of await importFigures()) {
    if (target === undefined) continue;
    print(`${name}: ${what}`);
    const found = await measureAlone(name, isShort ? ROUNDS.short : ROUNDS.full);
    const goal: Recorded = { name, what, unit, target, found };
    print(`  ${isFailed(found) ? `failed: ${found.failed}` : shownFound(found, unit)}`);
    goals.push(goal);
  }
  return { ...machine, isShort, standings: standingsOf(contests, versionOf), goals };
}

/** A figure in a process of its own, so that none is measured in the heap of another. */
async function measureAlone(name: string, rounds: number): Promise<Found> {
  const args = [...FLAGS, PROGRAM, name, String(rounds)];
  const options = { timeout: FIGURE_MS, killSignal: "SIGKILL" } as const;
  try {
    const { stdout } = await promisify(execFile)(process.execPath, args, options);
    return JSON.parse(stdout) as Found;
  } catch (error) {
    const { killed } = error as { readonly killed?: boolean };
    return { failed: killed ? `took longer than ${FIGURE_MS / 1_000} s` : reasonOf(error) };
  }
}

/** Four digits are more than a machine repeats. */
function rounded(_key: string, value: unknown): unknown {
  return typeof value === "number" ? Number(value.toPrecision(4)) : value;
}

function read(path: string): string {
  return readFileSync(new URL(path, ROOT), "utf8");
}

function write(path: string, text: string): void {
  writeFileSync(new URL(path, ROOT), text);
  print(`Written: ${path}`);
}

function print(line: string): void {
  process.stdout.write(`${line}\n`);
}
