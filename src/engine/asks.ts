import { CoppiceError } from "../errors.ts";
import type { Json } from "../wire/json.ts";

/** Who asked: told once, of the answer or of why there is none. */
export interface Asker {
  answer(value: Json): void;
  fail(error: CoppiceError): void;
}

/** The asks that have no answer yet, by whoever they are: an agent, or a caller of `ask`. */
export class Asks {
  readonly #open = new Map<string, { readonly path: string; readonly asker: Asker }>();
  #count = 0;

  /** @param path who is asked */
  open(path: string, asker: Asker): string {
    this.#count += 1;
    const askId = `ask-${this.#count}`;
    this.#open.set(askId, { path, asker });
    return askId;
  }

  answer(askId: string, value: Json): void {
    this.#take(askId)?.asker.answer(value);
  }

  fail(askId: string, error: CoppiceError): void {
    this.#take(askId)?.asker.fail(error);
  }

  /** The asker has ended, or was told already. */
  forget(askId: string): void {
    this.#take(askId);
  }

  timeOut(askId: string): void {
    const ask = this.#take(askId);
    ask?.asker.fail(new CoppiceError("ASK_TIMED_OUT", `${ask.path} did not answer in time`));
  }

  /** Fails all that are open, because nobody is left to answer. */
  close(): void {
    const error = new CoppiceError("SUPERVISOR_STOPPED", "the supervisor has stopped");
    for (const askId of [...this.#open.keys()]) this.fail(askId, error);
  }

  #take(askId: string): { readonly path: string; readonly asker: Asker } | undefined {
    const ask = this.#open.get(askId);
    this.#open.delete(askId);
    return ask;
  }
}
