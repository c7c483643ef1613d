import type { AnyActor } from "xstate";
import { MOST_EMITTED, type Out } from "../wire/frame.ts";
import { restorableJson } from "./plain-json.ts";

/** What a machine emits between two frames: so many, and behind them the latest. */
export class EmittedEvents {
  readonly #send: (out: Out) => void;
  #sent = 0;
  #leftOut = 0;
  #latest: Extract<Out, { readonly type: "emitted" }> | undefined;

  /**
   * To be made before the machine is started.
   * @param fail told when what is emitted is no JSON: a listener that throws would end the thread
   */
  constructor(root: AnyActor, send: (out: Out) => void, fail: (thrown: unknown) => void) {
    this.#send = send;
    root.on("*", (event: { readonly type: string }) => {
      try {
        this.#emit({
          type: "emitted",
          event: restorableJson(event, `The emitted event ${event.type}`),
        });
      } catch (thrown) {
        fail(thrown);
      }
    });
  }

  /** Sends what is held back: a frame is about to go. */
  flush(): void {
    const [latest, leftOut] = [this.#latest, this.#leftOut];
    this.#sent = 0;
    this.#leftOut = 0;
    this.#latest = undefined;
    if (latest !== undefined) this.#send(leftOut === 0 ? latest : { ...latest, leftOut });
  }

  #emit(out: Extract<Out, { readonly type: "emitted" }>): void {
    if (this.#sent < MOST_EMITTED - 1) {
      this.#sent += 1;
      this.#send(out);
      return;
    }
    if (this.#latest !== undefined) this.#leftOut += 1;
    this.#latest = out;
  }
}
