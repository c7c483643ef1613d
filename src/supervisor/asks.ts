import { CoppiceError } from "../errors.ts";
import type { Json } from "../wire/json.ts";

interface Ask {
  readonly path: string;
  readonly resolve: (value: Json) => void;
  readonly reject: (error: CoppiceError) => void;
}

/** The questions that callers of the supervisor wait to have answered. */
export class Asks {
  readonly #open = new Map<string, Ask>();
  #count = 0;

  open(path: string): { readonly askId: string; readonly answer: Promise<Json> } {
    this.#count += 1;
    const askId = `ask-${this.#count}`;
    const { promise: answer, resolve, reject } = Promise.withResolvers<Json>();
    this.#open.set(askId, { path, resolve, reject });
    return { askId, answer };
  }

  answer(askId: string, value: Json): void {
    this.#take(askId)?.resolve(value);
  }

  fail(askId: string, error: CoppiceError): void {
    this.#take(askId)?.reject(error);
  }

  timeOut(askId: string): void {
    const ask = this.#take(askId);
    ask?.reject(new CoppiceError("ASK_TIMED_OUT", `${ask.path} did not answer in time`));
  }

  /** Fails all that are open, because nobody is left to answer. */
  close(): void {
    const error = new CoppiceError("SUPERVISOR_STOPPED", "the supervisor has stopped");
    for (const askId of [...this.#open.keys()]) this.fail(askId, error);
  }

  #take(askId: string): Ask | undefined {
    const ask = this.#open.get(askId);
    this.#open.delete(askId);
    return ask;
  }
}
