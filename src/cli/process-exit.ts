import { writeSync } from "node:fs";
import type { Supervisor } from "../index.ts";

/** True where another program can replace this process; Windows has no call for it. */
const canBeReplaced = process.platform !== "win32";
const STUCK = "coppice: a thread is in a blocking call that nothing can end; ended by force.\n";

/**
 * Ends the process. It ends by force when a thread may be in a blocking call, because
 * `process.exit` waits for all threads, and so for as long as the call takes.
 */
export class ProcessExit {
  #supervisor: Supervisor | "starting" | undefined;

  /** Notes that the supervisor is starting: threads may run from now on. */
  starting(): void {
    this.#supervisor = "starting";
  }

  started(supervisor: Supervisor): void {
    this.#supervisor = supervisor;
  }

  /** Ends the process. All output must be flushed before. */
  leave(code: number): void {
    const isStuck = this.#stuckThreads() > 0;
    if (isStuck) writeSync(process.stderr.fd, STUCK);
    // After an abandoned start the number of stuck threads is unknown.
    if (isStuck || (this.#supervisor === "starting" && canBeReplaced)) endByForce(code);
    process.exit(code);
  }

  /** Ends the process at once, by force. */
  leaveAtOnce(code: number): void {
    endByForce(code);
  }

  #stuckThreads(): number {
    if (this.#supervisor === undefined || this.#supervisor === "starting") return 0;
    return this.#supervisor.stats().stuckThreads;
  }
}

/**
 * Replaces the process, with all its threads, by a shell that exits with the code. Where the
 * process cannot be replaced, it kills itself, and the code is that of a killed program.
 */
function endByForce(code: number): void {
  // `process.exit` emits "exit" first too; its listeners restore the terminal.
  process.emit("exit", code);
  if (canBeReplaced) process.execve?.("/bin/sh", ["sh", "-c", `exit ${code}`], {});
  process.kill(process.pid, "SIGKILL");
}
