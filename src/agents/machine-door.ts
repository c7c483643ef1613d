import type { DoorRequest, HostDoor } from "../door/host-door.ts";
import { CoppiceError } from "../errors.ts";
import { contentText } from "../wire/content.ts";
import type { CallResult } from "../wire/delivery.ts";
import { encodeError } from "../wire/error-codec.ts";
import type { ModelJob, Out } from "../wire/frame.ts";
import { isOut } from "../wire/frame-check.ts";
import type { Json } from "../wire/json.ts";
import { messageTokens, textTokens } from "../wire/token-estimate.ts";
import { rightTurns } from "../wire/turns.ts";
import { ImageRoom } from "./image-room.ts";
import { OverBound, restorableJson } from "./plain-json.ts";
import type { AgentSeat } from "./seat.ts";

/** Asks that are over and remembered, so that their answers are seen to be late. */
const MOST_OVER = 16;

/** What the door remembers of its machine, beside the machine's own state. */
export interface DoorState {
  /** Calls numbered so far. */
  readonly count: number;
  /** Asks without an answer, oldest first. */
  readonly asks: readonly string[];
}

/** The door as one machine has it: numbers its calls, and knows who waits for which result. */
export class MachineDoor implements HostDoor {
  readonly #seat: AgentSeat;
  readonly #change: () => void;
  readonly #waiting = new Map<string, (result: CallResult) => void>();
  #count: number;
  #asks: readonly string[];
  #handling: string | undefined;
  /** Asks that nobody waits for any more, and that were not answered: the newest of them. */
  #over: readonly string[] = [];
  /** Why its rights are withdrawn. */
  #withdrawn: string | undefined;

  /** `change` is told when what it remembers did. */
  constructor(
    seat: AgentSeat,
    change: () => void,
    { count, asks }: DoorState = { count: 0, asks: [] },
  ) {
    this.#seat = seat;
    this.#change = change;
    this.#count = count;
    this.#asks = asks;
  }

  call(request: DoorRequest, settle: (result: CallResult) => void): string {
    const { path, incarnation } = this.#seat;
    const callId = `${path}#${incarnation}.${this.#count + 1}`;
    const out = this.#outOf(request, callId);
    if (out instanceof CoppiceError) return this.#answer(callId, settle, out);
    // The supervisor would take it for the speech of a forger, and end the whole host.
    if (!isOut(out)) {
      const call = `call ${out.callId} (${request.type})`;
      const told = `The input of ${call} has not the form it must have`;
      throw new CoppiceError("MACHINE_INVALID", told, { callId: out.callId, type: request.type });
    }
    this.#count += 1;
    this.#change();
    this.#waiting.set(out.callId, settle);
    if (this.#withdrawn === undefined) this.#seat.emit(out);
    // Later, because its caller does not know yet by which id it will be answered.
    else queueMicrotask(() => this.#refuse(out.callId));
    return out.callId;
  }

  /** Refuses everything that is asked from now on. */
  withdraw(reason: string): void {
    this.#withdrawn = reason;
  }

  /** Refuses the calls under way too. */
  refuseOpen(): void {
    for (const callId of [...this.#waiting.keys()]) this.#refuse(callId);
  }

  attach(callId: string, settle: (result: CallResult) => void): void {
    this.#waiting.set(callId, settle);
  }

  detach(callId: string): void {
    this.#waiting.delete(callId);
  }

  /** Gives a result to who waits for it; nobody does when its state was left. */
  settle(callId: string, result: CallResult): void {
    const settle = this.#waiting.get(callId);
    this.#waiting.delete(callId);
    settle?.(result);
  }

  /** Runs the step that a message causes, which `reply` answers. */
  handle(askId: string | undefined, step: () => void): void {
    if (askId !== undefined) {
      this.#asks = [...this.#asks, askId];
      this.#change();
    }
    this.#handling = askId;
    step();
    this.#handling = undefined;
  }

  /** Nobody waits for its answer: one that comes all the same is a dead letter, if anybody's. */
  endAsk(askId: string): void {
    if (!this.#asks.includes(askId)) return;
    this.#asks = this.#asks.filter((id) => id !== askId);
    this.#over = [...this.#over, askId].slice(-MOST_OVER);
    this.#change();
  }

  reply(value: Json): void {
    const askId = this.#handling ?? this.#asks[0] ?? this.#over[0];
    if (askId === undefined) return;
    this.#asks = this.#asks.filter((id) => id !== askId);
    this.#over = this.#over.filter((id) => id !== askId);
    this.#handling = undefined;
    this.#change();
    this.#seat.emit({ type: "reply", askId, value: restorableJson(value, "A reply") });
  }

  state(): DoorState {
    return { count: this.#count, asks: this.#asks };
  }

  /** Too much is the error of that call alone, which its machine can read and go on from. */
  #answer(callId: string, settle: (result: CallResult) => void, refused: CoppiceError): string {
    this.#count += 1;
    this.#change();
    this.#waiting.set(callId, settle);
    const { stack: _, ...error } = encodeError(refused, refused.code);
    // Later, because its caller does not know yet by which id it will be answered.
    queueMicrotask(() => this.settle(callId, { isError: true, error }));
    return callId;
  }

  #refuse(callId: string): void {
    const told = `${this.#seat.path} is being ended (${this.#withdrawn}): ${callId} is refused`;
    const error = encodeError(new CoppiceError("CANCELLED", told, { callId }), "CANCELLED");
    this.settle(callId, { isError: true, error });
  }

  /** An error for a request that is over the bound. */
  #outOf(
    request: DoorRequest,
    callId: string,
  ): Extract<Out, { readonly callId: string }> | CoppiceError {
    const what = `The input of call ${callId} (${request.type})`;
    let plain: DoorRequest;
    try {
      plain = restorableJson(request, what) as unknown as DoorRequest;
    } catch (thrown) {
      if (!(thrown instanceof OverBound)) throw thrown;
      const code = request.type === "tool" ? "TOOL_INPUT_INVALID" : "OPTIONS_INVALID";
      return new CoppiceError(code, thrown.told, { path: thrown.path });
    }
    switch (plain.type) {
      case "tool":
        return { ...plain, callId, tool: this.#seat.held.subjectOf(plain.tool) };
      case "model": {
        const asked = { type: "model", callId, after: "now", inputTokens: 0 } as const;
        // What is no conversation cannot be made one; `call` says so.
        if (!isOut({ ...asked, job: plain.job })) return { ...asked, job: plain.job };
        const job = rightJob(plain.job);
        return { ...asked, inputTokens: this.#tokensOf(job), job };
      }
      default:
        return { ...plain, callId };
    }
  }

  #tokensOf({ messages, system = "" }: ModelJob): number {
    const before = this.#seat.held.tokens + textTokens(system);
    return messages.reduce((sum, message) => sum + messageTokens(message), before);
  }
}

/** What a machine asks its model, as the service takes it. */
function rightJob({ messages, system, ...job }: ModelJob): ModelJob {
  const room = new ImageRoom();
  const right = rightTurns(messages).map((message) => room.admit(message));
  return { ...job, messages: right, ...(system !== undefined && { system: contentText(system) }) };
}
