import { isMainThread } from "node:worker_threads";
import { capturePrints } from "../src/agents/captured-prints.ts";
import type { ComputeTask, FromCompute, ToCompute } from "../src/wire/compute.ts";
import { describe } from "../src/wire/error-codec.ts";
import { plainJson } from "../src/wire/json-bound.ts";

if (isMainThread) throw new Error("workers/compute.ts runs in a worker thread only");

type Run = (input: unknown, context: object) => unknown;
type Tell = (message: FromCompute) => void;
/** Milliseconds between reports: a loop that reports every step must not flood the supervisor. */
const PROGRESS_EVERY_MS = 100;

/** Runs the one endless task of a compute tool's thread. */
async function compute({ port, url }: ComputeTask): Promise<never> {
  const tell: Tell = (message) => port.postMessage(message);
  tell({ type: "begun" });
  capturePrints((print) => tell({ type: "printed", print }));
  try {
    const run = await importFunction(url);
    port.on("message", (call: ToCompute) => void serve(run, call, tell));
    tell({ type: "ready" });
  } catch (thrown) {
    tell({ type: "unfit", reason: describe(thrown) });
  }
  return new Promise(() => undefined);
}

async function importFunction(url: string): Promise<Run> {
  const { default: run } = (await import(url)) as { readonly default?: unknown };
  if (typeof run === "function") return run as Run;
  const found = run === undefined ? "missing" : `a ${typeof run}`;
  throw new Error(`its default export is ${found}, not a function`);
}

async function serve(run: Run, { input, context }: ToCompute, tell: Tell): Promise<void> {
  // Never aborted: a call is ended by ending its thread.
  const { signal } = new AbortController();
  let isOver = false;
  let reportedAt = Number.NEGATIVE_INFINITY;
  const progress = (fraction: unknown, message?: unknown): void => {
    const now = performance.now();
    if (isOver || now - reportedAt < PROGRESS_EVERY_MS) return;
    reportedAt = now;
    const text = message === undefined ? {} : { message: describe(message) };
    tell({ type: "progress", fraction: Number(fraction), ...text });
  };
  let answer: FromCompute;
  try {
    const value = plainJson(await run(input, { ...context, signal, progress }));
    answer = { type: "finished", value };
  } catch (thrown) {
    answer = { type: "threw", reason: describe(thrown) };
  }
  isOver = true;
  tell(answer);
}

export { compute as default, compute as "module.exports" };
