import { userInfo } from "node:os";
import { createInterface } from "node:readline/promises";
import type { Decision, PendingApproval } from "../index.ts";
import { questionOf, readDecision } from "./decision-line.ts";

/** Whoever else draws on the terminal, and has to stand back while the cursor is needed. */
export interface CursorOwner {
  pause(): void;
  resume(): void;
}

/** Asks the person at the terminal, one question at a time. */
export class ApprovalPrompt {
  readonly #owner: () => CursorOwner | undefined;
  #last: Promise<unknown> = Promise.resolve();
  readonly #withdrawn = new Map<string, AbortController>();

  /** @param owner asked for each question, because it may come later than the prompt */
  constructor(owner: () => CursorOwner | undefined = () => undefined) {
    this.#owner = owner;
  }

  readonly approve = (request: PendingApproval): Promise<Decision> => {
    const gone = new AbortController();
    this.#withdrawn.set(request.id, gone);
    const turn = this.#last.then(() => this.#ask(request, gone.signal));
    this.#last = turn;
    return turn.finally(() => this.#withdrawn.delete(request.id));
  };

  /** It was decided elsewhere, or nobody asks any more: the cursor is freed. */
  withdraw(id: string): void {
    this.#withdrawn.get(id)?.abort();
  }

  async #ask(request: PendingApproval, signal: AbortSignal): Promise<Decision> {
    const owner = this.#owner();
    owner?.pause();
    const terminal = createInterface({ input: process.stdin, output: process.stderr });
    // Ctrl-C at the cursor is Ctrl-C for the program.
    terminal.on("SIGINT", () => process.kill(process.pid, "SIGINT"));
    const by = userInfo().username;
    try {
      for (;;) {
        const line = await terminal.question(`\n? ${questionOf(request)}`, { signal });
        const decision = readDecision(request, line, by);
        if (decision !== undefined) return decision;
      }
    } catch (thrown) {
      if (signal.aborted) return { allow: false, reason: "withdrawn" };
      throw thrown;
    } finally {
      terminal.close();
      owner?.resume();
    }
  }
}

/** Without a terminal nobody can be asked: refused at once, not after the time-out. */
export function refuseApproval(): Decision {
  return { allow: false, reason: "there is no terminal to ask at", by: "coppice run" };
}
