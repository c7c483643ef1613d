/** Signals that end the process at once by default. */
const ENDING = ["SIGHUP", "SIGQUIT"] as const;

/**
 * Restores the terminal on exit, on a crash, when the terminal goes away, and while Ctrl-Z stops
 * the program.
 *
 * **Gotcha** SIGKILL and an abort of Node itself cannot be caught: the terminal stays as it is.
 */
export class CursorGuard {
  readonly #giveBack: () => void;
  readonly #takeAgain: () => void;

  constructor(on: { readonly giveBack: () => void; readonly takeAgain: () => void }) {
    this.#giveBack = on.giveBack;
    this.#takeAgain = on.takeAgain;
    process.on("exit", this.#giveBack);
    // Runs before Node prints the uncaught exception.
    process.on("uncaughtExceptionMonitor", this.#giveBack);
    for (const signal of ENDING) process.on(signal, this.#end);
    process.on("SIGTSTP", this.#stop);
    process.on("SIGCONT", this.#takeAgain);
  }

  [Symbol.dispose](): void {
    process.off("exit", this.#giveBack);
    process.off("uncaughtExceptionMonitor", this.#giveBack);
    for (const signal of ENDING) process.off(signal, this.#end);
    process.off("SIGTSTP", this.#stop);
    process.off("SIGCONT", this.#takeAgain);
  }

  /** Restores the terminal and raises the signal again, with its default effect. */
  readonly #end = (signal: NodeJS.Signals): void => {
    this.#giveBack();
    this[Symbol.dispose]();
    process.kill(process.pid, signal);
  };

  readonly #stop = (): void => {
    this.#giveBack();
    process.kill(process.pid, "SIGSTOP");
  };
}
