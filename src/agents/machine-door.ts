import type { DoorRequest, HostDoor } from "../door/host-door.ts";
import type { MessageInput } from "../door/message-input.ts";
import type { SendRefused } from "../door/send.ts";
import { CoppiceError } from "../errors.ts";
import { contentText } from "../wire/content.ts";
import type { CallResult } from "../wire/delivery.ts";
import { encodeError } from "../wire/error-codec.ts";
import type { Command, ModelJob } from "../wire/frame.ts";
import { isCommand } from "../wire/frame-check.ts";
import type { Json } from "../wire/json.ts";
import { messageTokens, textTokens } from "../wire/token-estimate.ts";
import { rightTurns } from "../wire/turns.ts";
import type { HostedAgent } from "./hosted-agent.ts";
import { ImageRoom } from "./image-room.ts";
import { OverBound, restorableJson } from "./plain-json.ts";
import { SentMessages } from "./sent-messages.ts";

/** Most withdrawn asks that are remembered, so that a reply to one is known to be late. */
const MAX_OVER = 16;

/** The state of a door, beside its machine's own. */
export interface DoorState {
  /** Number of calls so far. */
  readonly count: number;
  /** Asks without a reply, oldest first. */
  readonly asks: readonly string[];
}

/** The machine behind a door. */
interface DoorPort {
  /** Called when the door's state changed. */
  readonly change: () => void;
  /** Called, after the next frame, for each message that this host refuses. */
  readonly refused: (event: SendRefused) => void;
}

/**
 * The door of one machine. It numbers the calls and passes each result to the code that waits for
 * it.
 */
export class MachineDoor implements HostDoor {
  readonly #agent: HostedAgent;
  readonly #change: () => void;
  readonly #sent: SentMessages;
  readonly #waiting = new Map<string, (result: CallResult) => void>();
  #count: number;
  #asks: readonly string[];
  #handling: string | undefined;
  /** Refusals of this host of which the machine is not told yet. */
  #untold: (() => void)[] = [];
  /** The newest withdrawn asks that were not answered, oldest first. */
  #over: readonly string[] = [];
  /** Reason for which the agent's rights were withdrawn; undefined while it has them. */
  #withdrawn: string | undefined;

  constructor(
    agent: HostedAgent,
    { change, refused }: DoorPort,
    { count, asks }: DoorState = { count: 0, asks: [] },
  ) {
    this.#agent = agent;
    this.#change = change;
    this.#sent = new SentMessages(agent, (event) => this.#untold.push(() => refused(event)));
    this.#count = count;
    this.#asks = asks;
  }

  call(request: DoorRequest, settle: (result: CallResult) => void): string {
    const { path, incarnation } = this.#agent;
    const callId = `${path}#${incarnation}.${this.#count + 1}`;
    const command = this.#commandOf(request, callId);
    if (command instanceof CoppiceError) return this.#answer(callId, settle, command);
    // The supervisor would treat a malformed command as a forgery and end the whole host.
    if (!isCommand(command)) {
      const call = `call ${command.callId} (${request.type})`;
      const message = `The input of ${call} has not the form it must have`;
      throw new CoppiceError("MACHINE_INVALID", message, {
        callId: command.callId,
        type: request.type,
      });
    }
    this.#count += 1;
    this.#change();
    this.#waiting.set(command.callId, settle);
    if (this.#withdrawn === undefined) this.#agent.emit(command);
    else this.#untold.push(() => this.#refuse(command.callId));
    return command.callId;
  }

  /** Refuses every call from now on. */
  withdraw(reason: string): void {
    this.#withdrawn = reason;
    this.#sent.withdraw(reason);
  }

  /** Refuses the calls under way. */
  refuseOpen(): void {
    for (const callId of [...this.#waiting.keys()]) this.#refuse(callId);
  }

  attach(callId: string, settle: (result: CallResult) => void): void {
    this.#waiting.set(callId, settle);
  }

  detach(callId: string): void {
    this.#waiting.delete(callId);
  }

  /** Passes a result to the code that waits for it; none does once the machine left that state. */
  settle(callId: string, result: CallResult): void {
    const settle = this.#waiting.get(callId);
    this.#waiting.delete(callId);
    settle?.(result);
  }

  /** Runs the step that a message causes; `reply` answers that message's ask. */
  handle(askId: string | undefined, step: () => void): void {
    if (askId !== undefined) {
      this.#asks = [...this.#asks, askId];
      this.#change();
    }
    this.#handling = askId;
    step();
    this.#handling = undefined;
  }

  /**
   * Withdraws an ask whose caller no longer waits. A reply that finds no other ask open is sent for
   * it all the same, and becomes a dead letter.
   */
  endAsk(askId: string): void {
    if (!this.#asks.includes(askId)) return;
    this.#asks = this.#asks.filter((id) => id !== askId);
    this.#over = [...this.#over, askId].slice(-MAX_OVER);
    this.#change();
  }

  reply(value: Json): void {
    const askId = this.#handling ?? this.#asks[0] ?? this.#over[0];
    if (askId === undefined) return;
    this.#asks = this.#asks.filter((id) => id !== askId);
    this.#over = this.#over.filter((id) => id !== askId);
    this.#handling = undefined;
    this.#change();
    this.#agent.emit({ type: "reply", askId, value: restorableJson(value, "A reply") });
  }

  send(message: MessageInput): void {
    this.#sent.send(message);
  }

  /**
   * Adds to the frame what is only counted until it is sent. Once it is sent, the machine is told
   * what was refused here: told earlier, one that tries again at once would never leave the thread.
   */
  flush(): void {
    this.#sent.flush();
    for (const tell of this.#untold.splice(0)) queueMicrotask(tell);
  }

  state(): DoorState {
    return { count: this.#count, asks: this.#asks };
  }

  /** Answers a call that is over the bound with an error, which its machine can handle. */
  #answer(callId: string, settle: (result: CallResult) => void, refused: CoppiceError): string {
    this.#count += 1;
    this.#change();
    this.#waiting.set(callId, settle);
    const { stack: _, ...error } = encodeError(refused, refused.code);
    this.#untold.push(() => this.settle(callId, { isError: true, error }));
    return callId;
  }

  #refuse(callId: string): void {
    const message = `${this.#agent.path} is being ended (${this.#withdrawn}): ${callId} is refused`;
    const error = encodeError(new CoppiceError("CANCELLED", message, { callId }), "CANCELLED");
    this.settle(callId, { isError: true, error });
  }

  /** Returns the command for a request, or the error of a request that is over the bound. */
  #commandOf(
    request: DoorRequest,
    callId: string,
  ): Extract<Command, { readonly callId: string }> | CoppiceError {
    const what = `The input of call ${callId} (${request.type})`;
    let plain: DoorRequest;
    try {
      plain = restorableJson(request, what) as unknown as DoorRequest;
    } catch (thrown) {
      if (!(thrown instanceof OverBound)) throw thrown;
      const code = request.type === "tool" ? "TOOL_INPUT_INVALID" : "OPTIONS_INVALID";
      return new CoppiceError(code, thrown.text, { path: thrown.path });
    }
    switch (plain.type) {
      case "tool":
        return { ...plain, callId, tool: this.#agent.loaded.subjectOf(plain.tool) };
      case "model": {
        const asked = { type: "model", callId, after: "now", inputTokens: 0 } as const;
        // A malformed conversation stays as it is; `call` refuses it.
        if (!isCommand({ ...asked, job: plain.job })) return { ...asked, job: plain.job };
        const job = rightJob(plain.job);
        return { ...asked, inputTokens: this.#tokensOf(job), job };
      }
      default:
        return { ...plain, callId };
    }
  }

  #tokensOf({ messages, system = "" }: ModelJob): number {
    const before = this.#agent.loaded.tokens + textTokens(system);
    return messages.reduce((sum, message) => sum + messageTokens(message), before);
  }
}

/** Returns a machine's model request in the form that the service takes. */
function rightJob({ messages, system, ...job }: ModelJob): ModelJob {
  const room = new ImageRoom();
  const right = rightTurns(messages).map((message) => room.admit(message));
  return { ...job, messages: right, ...(system !== undefined && { system: contentText(system) }) };
}
