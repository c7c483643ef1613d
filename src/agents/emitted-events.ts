import type { AnyActor } from "xstate";
import { type Command, MAX_EMITTED } from "../wire/frame.ts";
import { restorableJson } from "./plain-json.ts";

/**
 * Sends the events that a machine emits between two frames: the first `MAX_EMITTED` - 1, and the
 * latest with the number of those left out before it.
 */
export class EmittedEvents {
  readonly #send: (command: Command) => void;
  #sent = 0;
  #leftOut = 0;
  #latest: Extract<Command, { readonly type: "emitted" }> | undefined;

  /**
   * Listens to a root actor. Called before the actor starts.
   * @param fail called when an event is no JSON; a listener that throws would end the thread
   */
  constructor(root: AnyActor, send: (command: Command) => void, fail: (thrown: unknown) => void) {
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

  /** Sends the event that was kept back. Called right before a frame is sent. */
  flush(): void {
    const [latest, leftOut] = [this.#latest, this.#leftOut];
    this.#sent = 0;
    this.#leftOut = 0;
    this.#latest = undefined;
    if (latest !== undefined) this.#send(leftOut === 0 ? latest : { ...latest, leftOut });
  }

  #emit(command: Extract<Command, { readonly type: "emitted" }>): void {
    if (this.#sent < MAX_EMITTED - 1) {
      this.#sent += 1;
      this.#send(command);
      return;
    }
    if (this.#latest !== undefined) this.#leftOut += 1;
    this.#latest = command;
  }
}
