import type { MessageInput } from "../door/message-input.ts";
import type { SendRefused } from "../door/send.ts";
import { CoppiceError } from "../errors.ts";
import type { Command } from "../wire/frame.ts";
import type { Json } from "../wire/json.ts";
import type { HostedAgent } from "./hosted-agent.ts";
import { OverBound, restorableJson } from "./plain-json.ts";

/** The most messages that a machine sends between two frames; further ones are refused. */
const MAX_SENT = 20_000;

/** The most refusals between two frames that are reported one by one; the others are counted. */
const MAX_REFUSED = 100;

/** The messages that one machine sends by its action `send`. */
export class SentMessages {
  readonly #agent: HostedAgent;
  readonly #refused: (event: SendRefused) => void;
  #sent = 0;
  #reported = 0;
  /** The refusals that are only counted; undefined while there are none. */
  #counted: Extract<Command, { readonly type: "tell.refused" }> | undefined;
  /** Reason for which the agent's rights were withdrawn; undefined while it has them. */
  #withdrawn: string | undefined;

  /** @param refused takes each refusal of a message here, and tells the machine later */
  constructor(agent: HostedAgent, refused: (event: SendRefused) => void) {
    this.#agent = agent;
    this.#refused = refused;
  }

  send({ to, message }: MessageInput): void {
    // The supervisor would treat a malformed command as a forgery and end the whole host.
    if (typeof to !== "string") {
      const text = "The address of a message (`to`) must be text: a path or a name";
      throw new CoppiceError("MACHINE_INVALID", text);
    }
    const no = this.#refusal();
    if (no !== undefined) return this.#refuse(to, message as Json, no, message as Json);
    try {
      const plain = restorableJson(message, `The message to ${to}`);
      this.#sent += 1;
      this.#agent.emit({ type: "tell", to, message: plain });
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
    this.#counted = undefined;
    if (counted !== undefined) this.#agent.emit(counted);
  }

  #refusal(): CoppiceError | undefined {
    const { path } = this.#agent;
    if (this.#withdrawn !== undefined) {
      const text = `${path} is being ended (${this.#withdrawn}) and sends nothing more`;
      return new CoppiceError("CANCELLED", text);
    }
    if (this.#sent < MAX_SENT) return undefined;
    const text = `${path} has sent ${MAX_SENT} messages in one step; send the rest in a later one`;
    return new CoppiceError("QUEUE_FULL", text);
  }

  /** @param kept the message as the log has it; left out when it is over the bound */
  #refuse(to: string, message: Json, { code, message: reason }: CoppiceError, kept?: Json): void {
    this.#refused({ type: "send.refused", to, message, error: { code, message: reason } });
    this.#reported += 1;
    if (this.#reported > MAX_REFUSED) {
      const count = (this.#counted?.count ?? 0) + 1;
      this.#counted = { type: "tell.refused", to, reason, count };
      return;
    }
    const told = kept === undefined ? {} : { message: restorableJson(kept, "A message") };
    this.#agent.emit({ type: "tell.refused", to, reason, ...told });
  }
}
