import { readFileSync } from "node:fs";
import { emitKeypressEvents, type Key } from "node:readline";

/** Receives each key; keys are dropped while there is no listener. */
export type KeyListener = (text: string | undefined, key: Key) => void;

/** Keys that a terminal turns into signals by itself unless it is in raw mode. */
const SIGNALS: Readonly<Record<string, NodeJS.Signals>> = {
  c: "SIGINT",
  z: "SIGTSTP",
  "\\": "SIGQUIT",
};

/**
 * The keys of the terminal, each as it is typed. While the keyboard is taken, typed keys are
 * neither written to the screen nor kept for the next reader.
 */
export class Keyboard {
  readonly #input: NodeJS.ReadStream;
  #isTaken = false;
  /** Receives keys; the end of the terminal arrives as Ctrl-D. */
  listener: KeyListener | undefined;

  constructor(input: NodeJS.ReadStream) {
    this.#input = input;
    // A terminal that goes away must not crash the program.
    input.on("error", this.#end);
  }

  /**
   * Takes the keyboard only in the foreground: the system stops a background program that calls
   * {@link take}.
   */
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
    // A closed terminal has no mode to restore.
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

/** True when this program is in the foreground of the terminal, or when that cannot be read. */
function isForeground(): boolean {
  try {
    const status = readFileSync("/proc/self/stat", "latin1");
    // The fields after the name, which may contain spaces: state, parent, group, session, tty, ...
    const [, , group, , , foreground] = status.slice(status.lastIndexOf(")") + 2).split(" ");
    return group === foreground;
  } catch {
    return true;
  }
}
