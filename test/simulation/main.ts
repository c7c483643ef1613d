/**
 * Runs schedules of random swarms until one breaks an invariant: `npm run simulate -- --seeds N`.
 *
 * `--from S` begins at seed S, `--seed S` runs only that one, `--jobs J` uses so many processes.
 */
import { type ChildProcess, fork } from "node:child_process";
import { parseArgs } from "node:util";
import { SimulationFailed, simulate } from "coppice/testing";
import { answered } from "./answered.ts";
import { heardOnce } from "./heard-once.ts";
import { randomDrive } from "./random-drive.ts";
import { randomSwarm } from "./random-swarm.ts";

/** Schedules after which the progress is said again. */
const TOLD_EVERY = 500;

const { values } = parseArgs({
  options: {
    seeds: { type: "string", default: "1000" },
    from: { type: "string", default: "1" },
    seed: { type: "string" },
    jobs: { type: "string", default: "1" },
  },
});
const seeds = values.seed === undefined ? wholeNumber("seeds") : 1;
const from = wholeNumber(values.seed === undefined ? "from" : "seed");
const jobs = wholeNumber("jobs");
if (process.send !== undefined) await runHere((steps) => process.send?.({ steps }));
else if (jobs <= 1 || seeds <= 1) await runHere(progress());
else await runInProcesses(progress());

/** Runs the seeds in this process; the exit code says whether all was well. */
async function runHere(onSchedule: (steps: number) => void): Promise<void> {
  let running = from;
  const fail = (thrown: unknown): void => {
    process.stderr.write(`\nwhile seed ${running} ran: ${textOf(thrown)}\n`);
    process.stderr.write(`again: npm run simulate -- --seed ${running}\n`);
    process.exit(1);
  };
  // What nobody caught is a broken schedule as well.
  process.on("uncaughtException", fail);
  process.on("unhandledRejection", fail);
  try {
    await simulate({
      from,
      seeds,
      swarm: randomSwarm,
      drive: randomDrive,
      invariants: [heardOnce, answered],
      onSchedule: (seed, steps) => {
        running = seed + 1;
        onSchedule(steps);
      },
    });
  } catch (thrown) {
    fail(thrown);
  }
}

/** Shares the seeds out; the first process that fails ends the others. */
async function runInProcesses(onSchedule: (steps: number) => void): Promise<void> {
  const each = Math.ceil(seeds / jobs);
  const children: ChildProcess[] = [];
  const ends = Array.from({ length: jobs }, (_, job) => {
    const first = from + job * each;
    const count = Math.max(0, Math.min(each, from + seeds - first));
    const child = fork(import.meta.filename, ["--seeds", `${count}`, "--from", `${first}`]);
    children.push(child);
    child.on("message", (message) => onSchedule((message as { steps: number }).steps));
    return new Promise<number | null>((resolve) => child.on("exit", resolve));
  });
  const codes = await Promise.all(
    ends.map(async (end) => {
      const code = await end;
      if (code !== 0) for (const child of children) child.kill();
      return code;
    }),
  );
  if (codes.some((code) => code !== 0)) process.exit(1);
}

/** Says how far it is, and at the end how fast it was. */
function progress(): (steps: number) => void {
  const startedAt = performance.now();
  let [done, total] = [0, 0];
  return (steps) => {
    done += 1;
    total += steps;
    if (done % TOLD_EVERY !== 0 && done !== seeds) return;
    const rate = Math.round(done / ((performance.now() - startedAt) / 1_000));
    const line = `${done} of ${seeds} schedules, ${total} steps, ${rate} schedules a second`;
    process.stdout.write(process.stdout.isTTY && done !== seeds ? `\r${line}` : `${line}\n`);
  };
}

function textOf(thrown: unknown): string {
  if (thrown instanceof SimulationFailed) return thrown.message;
  return thrown instanceof Error ? (thrown.stack ?? thrown.message) : String(thrown);
}

function wholeNumber(name: keyof typeof values): number {
  const value = Number(values[name]);
  if (Number.isInteger(value) && value >= 0) return value;
  process.stderr.write(`--${name} must be a whole number, not ${values[name]}\n`);
  return process.exit(1);
}
