import type { MessageInput } from "../door/message-input.ts";
import type { SendRefused } from "../door/send.ts";
import { CoppiceError } from "../errors.ts";
import type { Command } from "../wire/frame.ts";
import type { Json } from "../wire/json.ts";
import type { JsonAmount } from "../wire/json-bound.ts";
import type { HostedAgent } from "./hosted-agent.ts";
import { measuredJson, OverBound } from "./plain-json.ts";

/** The most messages that a machine sends between two frames; further ones are refused. */
const MAX_SENT = 20_000;

/** The most that these messages may amount to: a frame has room for them and a call beside them. */
const ROOM: JsonAmount = { values: 500_000, bytes: 32_000_000 };

/** The same for refused messages, which are reported. */
const REFUSED_ROOM: JsonAmount = { values: 250_000, bytes: 16_000_000 };

/** The most refusals between two frames that are reported one by one; the others are counted. */
const MAX_REFUSED = 100;

/** The messages that one machine sends by its action `send`. */
export class SentMessages {
  readonly #agent: HostedAgent;
  readonly #refused: (event: SendRefused) => void;
  #sent = 0;
  #reported = 0;
  #room = ROOM;
  #refusedRoom = REFUSED_ROOM;
  /** The refusals that are only counted; undefined while there are none. */
  #counted: Extract<Command, { readonly type: "tell.refused" }> | undefined;
  /** Reason for which the agent's rights were withdrawn; undefined while it has them. */
  #withdrawn: string | undefined;

  /** @param refused takes each refusal of a message here, and tells the machine later */
  constructor(agent: HostedAgent, refused: (event: SendRefused) => void) {
    this.#agent = agent;
    this.#refused = refused;
  }

  send(given: MessageInput): void {
    // What JavaScript computes may be nothing.
    const { to, message } = (given ?? {}) as MessageInput;
    // The supervisor would treat a malformed command as a forgery and end the whole host.
    if (typeof to !== "string") {
      const text = "The address of a message (`to`) must be text: a path or a name";
      throw new CoppiceError("MACHINE_INVALID", text);
    }
    const no = this.#refusal();
    if (no !== undefined) return this.#refuse(to, message as Json, no);
    try {
      const { json, amount } = measuredJson(message, `The message to ${to}`);
      const room = without(this.#room, amount);
      // Then the later ones are refused too, because none may pass another.
      this.#sent = room === undefined ? MAX_SENT : this.#sent + 1;
      if (room === undefined) return this.#refuse(to, json, this.#fullError());
      this.#room = room;
      this.#agent.emit({ type: "tell", to, message: json });
    } catch (thrown) {
      if (!(thrown instanceof OverBound)) throw thrown;
      this.#refuse(to, message as Json, new CoppiceError("OPTIONS_INVALID", thrown.text));
    }
  }

  /** Refuses every message from now on. */
  withdraw(reason: string): void {
    this.#withdrawn = reason;
  }

  /** Reports the refusals that were only counted. Called right before a frame is sent. */
  flush(): void {
    const counted = this.#counted;
    this.#sent = 0;
    this.#reported = 0;
    this.#room = ROOM;
    this.#refusedRoom = REFUSED_ROOM;
    this.#counted = undefined;
    if (counted !== undefined) this.#agent.emit(counted);
  }

  #refusal(): CoppiceError | undefined {
    const { path } = this.#agent;
    if (this.#withdrawn !== undefined) {
      const text = `${path} is being ended (${this.#withdrawn}) and sends nothing more`;
      return new CoppiceError("CANCELLED", text);
    }
    return this.#sent < MAX_SENT ? undefined : this.#fullError();
  }

  #fullError(): CoppiceError {
    const most = `${MAX_SENT} messages of ${ROOM.bytes} bytes and ${ROOM.values} values in all`;
    const text = `${this.#agent.path} may send ${most} in one step; send the rest in a later one`;
    return new CoppiceError("QUEUE_FULL", text);
  }

  #refuse(to: string, message: Json, { code, message: reason }: CoppiceError): void {
    this.#refused({ type: "send.refused", to, message, error: { code, message: reason } });
    this.#reported += 1;
    if (this.#reported > MAX_REFUSED) {
      const count = (this.#counted?.count ?? 0) + 1;
      this.#counted = { type: "tell.refused", to, reason, count };
      return;
    }
    this.#agent.emit({ type: "tell.refused", to, reason, ...this.#reportable(message) });
  }

  /** Returns a refused message as the log has it; it is left out without room for it. */
  #reportable(message: Json): { readonly message?: Json } {
    try {
      const { json, amount } = measuredJson(message, "A message");
      const room = without(this.#refusedRoom, amount);
      if (room === undefined) return {};
      this.#refusedRoom = room;
      return { message: json };
    } catch (thrown) {
      if (!(thrown instanceof OverBound)) throw thrown;
      return {};
    }
  }
}

/** Returns the room that is left; undefined when there is not enough. */
function without(room: JsonAmount, amount: JsonAmount): JsonAmount | undefined {
  const [values, bytes] = [room.values - amount.values, room.bytes - amount.bytes];
  return values < 0 || bytes < 0 ? undefined : { values, bytes };
}
