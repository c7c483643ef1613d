import { writeSync } from "node:fs";
import type { Supervisor } from "../index.ts";

/** Windows has no program that takes the place of another. */
const canBeReplaced = process.platform !== "win32";
const STUCK = "coppice: a thread is in a blocking call that nothing can end; ended by force.\n";

/**
 * How the program ends: as every program does, or by force where a thread may be in a blocking
 * call, since `process.exit` waits for its threads, and so for as long as the call takes.
 */
export class Departure {
  #supervisor: Supervisor | "starting" | undefined;

  /** From here on threads may run. */
  starting(): void {
    this.#supervisor = "starting";
  }

  started(supervisor: Supervisor): void {
    this.#supervisor = supervisor;
  }

  /** Ends the process. Whatever it had to say must have been said. */
  leave(code: number): void {
    const isStuck = this.#stuckThreads() > 0;
    if (isStuck) writeSync(process.stderr.fd, STUCK);
    // Nobody knows of the threads of a start that was given up.
    if (isStuck || (this.#supervisor === "starting" && canBeReplaced)) endByForce(code);
    process.exit(code);
  }

  /** Ends the process without another word to anybody. */
  leaveAtOnce(code: number): void {
    endByForce(code);
  }

  #stuckThreads(): number {
    if (this.#supervisor === undefined || this.#supervisor === "starting") return 0;
    return this.#supervisor.stats().stuckThreads;
  }
}

/**
 * Another program takes the place of this one, with all its threads, and ends with the code. Where
 * there is none to be had, the code is that of a program that was killed.
 */
function endByForce(code: number): void {
  // As `process.exit` does first: the terminal is given back there.
  process.emit("exit", code);
  if (canBeReplaced) process.execve?.("/bin/sh", ["sh", "-c", `exit ${code}`], {});
  process.kill(process.pid, "SIGKILL");
}
