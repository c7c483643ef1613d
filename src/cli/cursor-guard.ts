/** Signals that would end the program without another word. */
const ENDING = ["SIGHUP", "SIGQUIT"] as const;

/**
 * Gives the terminal back whatever happens: on exit, on a crash, when the terminal goes away, and
 * while the program is stopped by Ctrl-Z.
 *
 * **Gotcha** SIGKILL and an abort of Node itself leave no time for anything.
 */
export class CursorGuard {
  readonly #giveBack: () => void;
  readonly #takeAgain: () => void;

  constructor(on: { readonly giveBack: () => void; readonly takeAgain: () => void }) {
    this.#giveBack = on.giveBack;
    this.#takeAgain = on.takeAgain;
    process.on("exit", this.#giveBack);
    // Before Node writes what was thrown.
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

  /** As if nobody had listened. */
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
