import { type ChildProcess, fork } from "node:child_process";
import { once } from "node:events";
import { fileURLToPath } from "node:url";
import { reasonOf } from "../recorded.ts";
import type { Contestant, Said, Sample, Work } from "./contestants.ts";

const PROGRAM = fileURLToPath(new URL("peer-process.ts", import.meta.url));
const ROUND_MS = 60_000;

export interface Contest {
  readonly contestants: readonly Contestant[];
  /** How many at once. */
  readonly agents: number;
  /** How often one after another in a round. */
  readonly runs: number;
  /** How long each takes rounds that do not count, so that its code is compiled. */
  readonly warmUpMs: number;
  readonly rounds: number;
  /** For one round, and for the start. Default a minute. */
  readonly roundMs?: number;
}

/** What one took in each round, or why it dropped out. */
export type Result = readonly Sample[] | { readonly failed: string };

/**
 * Measures each contestant in a process of its own that stays warm, A B C D, A B C D: never two at
 * work at once, and what else the machine does falls on all of them alike. Who fails, or takes too
 * long, is out, and the others go on.
 */
export async function hold(
  { contestants, agents, runs, warmUpMs, rounds, roundMs = ROUND_MS }: Contest,
  print: (line: string) => void,
): Promise<ReadonlyMap<Contestant, Result>> {
  const entrants: Entrant[] = [];
  try {
    // One after another, so that none is measured while another starts.
    for (const contestant of contestants) {
      const entrant = new Entrant({ contestant, agents, runs }, roundMs);
      entrants.push(entrant);
      await entrant.takeTurn(undefined);
      await entrant.warmUp(warmUpMs);
    }
    for (let round = 1; round <= rounds; round += 1) {
      for (const entrant of entrants) await entrant.takeTurn("round");
      print(`  round ${round} of ${rounds}, ${agents} at once`);
    }
  } finally {
    for (const entrant of entrants) entrant.end();
  }
  return new Map(entrants.map(({ work, result }) => [work.contestant, result]));
}

/** The process of a contestant, seen from here. */
class Entrant {
  readonly work: Work;
  readonly samples: Sample[] = [];
  readonly #roundMs: number;
  readonly #child: ChildProcess;
  #failed: string | undefined;

  constructor(work: Work, roundMs: number) {
    this.work = work;
    this.#roundMs = roundMs;
    this.#child = fork(PROGRAM, [JSON.stringify(work)], {
      execArgv: ["--conditions=coppice-source"],
      env: { ...process.env, NODE_ENV: "production", LANGSMITH_TRACING: "false" },
      // What they print is not measured against a slow terminal.
      stdio: ["ignore", "ignore", "inherit", "ipc"],
    });
    this.#child.on("error", ({ message }) => this.#drop(message));
    this.#child.on("exit", (code, by) => this.#drop(`its process ended with ${by ?? code}`));
  }

  get result(): Result {
    return this.#failed === undefined ? this.samples : { failed: this.#failed };
  }

  /** Waits for its start, or asks for a round and waits for what it took. */
  async takeTurn(order: "round" | undefined): Promise<void> {
    if (this.#failed !== undefined) return;
    const said = this.#hear();
    if (order !== undefined) this.#child.send(order);
    const answer = await said;
    if (answer.type === "round") this.samples.push({ us: answer.us, cpuUs: answer.cpuUs });
    if (answer.type === "failed") this.#drop(answer.why);
  }

  /** Takes rounds that do not count. */
  async warmUp(ms: number): Promise<void> {
    const until = performance.now() + ms;
    while (this.#failed === undefined && performance.now() < until) await this.takeTurn("round");
    this.samples.length = 0;
  }

  end(): void {
    this.#child.kill("SIGKILL");
  }

  /** The first reason counts: its process ends because of it. */
  #drop(why: string): void {
    this.#failed ??= why;
    this.end();
  }

  /** The next that it says, or that it says nothing any more. */
  async #hear(): Promise<Said> {
    const over = new AbortController();
    const signal = AbortSignal.any([over.signal, AbortSignal.timeout(this.#roundMs)]);
    const message = once(this.#child, "message", { signal });
    const exit = once(this.#child, "exit", { signal });
    try {
      return await Promise.race([
        message.then(([said]) => said as Said),
        exit.then(
          ([code, by]): Said => ({ type: "failed", why: `its process ended with ${by ?? code}` }),
        ),
      ]);
    } catch (error) {
      const isLate = signal.reason instanceof DOMException;
      const why = isLate ? `took longer than ${this.#roundMs / 1_000} s` : reasonOf(error);
      return { type: "failed", why };
    } finally {
      over.abort();
    }
  }
}
