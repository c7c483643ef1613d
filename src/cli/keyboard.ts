import { readFileSync } from "node:fs";
import { emitKeypressEvents, type Key } from "node:readline";

/** Told of each key; keys are dropped while nobody is. */
export type KeyListener = (text: string | undefined, key: Key) => void;

/** Keys that a terminal turns into signals by itself, when it is not taken. */
const SIGNALS: Readonly<Record<string, NodeJS.Signals>> = {
  c: "SIGINT",
  z: "SIGTSTP",
  "\\": "SIGQUIT",
};

/**
 * The keys of the terminal, each as it is typed. While it is taken nothing that is typed is
 * written to the screen, nor kept for whoever reads next.
 */
export class Keyboard {
  readonly #input: NodeJS.ReadStream;
  #isTaken = false;
  /** Told of keys, and of the end of the terminal as Ctrl-D. */
  listener: KeyListener | undefined;

  constructor(input: NodeJS.ReadStream) {
    this.#input = input;
    // A terminal that goes away is no reason to crash.
    input.on("error", this.#end);
  }

  /** As {@link take}, but for a program in the background, which the system would stop for it. */
  takeIfForeground(): void {
    if (isForeground()) this.take();
  }

  take(): void {
    if (this.#isTaken) return;
    this.#input.setRawMode(true);
    this.#isTaken = true;
    emitKeypressEvents(this.#input);
    this.#input.on("keypress", this.#press).on("end", this.#end);
    this.#input.resume();
  }

  give(): void {
    if (!this.#isTaken) return;
    this.#isTaken = false;
    this.#input.off("keypress", this.#press).off("end", this.#end);
    this.#input.pause();
    // A terminal that is gone has no mode.
    if (!this.#input.destroyed) this.#input.setRawMode(false);
  }

  readonly #press: KeyListener = (text, key) => {
    const signal = key.ctrl === true && key.meta !== true ? SIGNALS[key.name ?? ""] : undefined;
    const isQuit = key.sequence === "\u001c";
    if (signal !== undefined || isQuit) process.kill(process.pid, signal ?? "SIGQUIT");
    else this.listener?.(text, key);
  };

  readonly #end = (): void => this.listener?.("", { name: "d", ctrl: true });
}

/** Whether the terminal is this program's; true where that cannot be seen. */
function isForeground(): boolean {
  try {
    const status = readFileSync("/proc/self/stat", "latin1");
    // Behind the program's name, which may have spaces: state, parent, group, session, tty, ...
    const [, , group, , , foreground] = status.slice(status.lastIndexOf(")") + 2).split(" ");
    return group === foreground;
  } catch {
    return true;
  }
}
