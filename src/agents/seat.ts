import type { PlaceAgent } from "../wire/delivery.ts";
import type { Frame, Out } from "../wire/frame.ts";
import type { TurnMessage } from "../wire/transcript.ts";
import type { HeldTemplate } from "./held-template.ts";
import type { WatchedAgent } from "./watched-agent.ts";

/** What a machine adds to a frame when it moved. */
export type Moved = Pick<Frame, "busy"> &
  Partial<Pick<Frame, "state" | "value" | "passed" | "leftOut" | "timers" | "arriving">>;

/**
 * An agent's place on its host: who it is, and what it has asked for and not yet sent. Whatever
 * an agent does leaves through here, in a frame.
 */
export class AgentSeat {
  readonly path: string;
  readonly incarnation: number;
  /** In the running cell. */
  readonly number: number;
  readonly held: HeldTemplate;
  /** The number of the last delivery consumed. */
  upTo: number;
  /** Who is told what its actors do, where the supervisor is inspected. */
  watched: WatchedAgent | undefined;
  readonly #word: number;
  readonly #words: Int32Array;
  readonly #touch: () => void;
  #out: Out[] = [];
  #append: TurnMessage[] = [];
  #done = false;

  constructor(
    { path, incarnation, number, upTo, word }: PlaceAgent,
    held: HeldTemplate,
    words: Int32Array,
    touch: (seat: AgentSeat) => void,
  ) {
    this.path = path;
    this.incarnation = incarnation;
    this.number = number;
    this.upTo = upTo;
    this.held = held;
    this.#word = word;
    this.#words = words;
    this.#touch = () => touch(this);
  }

  /** True once the agent has said how it ended: nothing more is sent of it. */
  get done(): boolean {
    return this.#done;
  }

  /** Read immediately before an effect starts: a permit in flight is not acted on after it. */
  get cancelled(): boolean {
    return Atomics.load(this.#words, this.#word) !== 0;
  }

  /** Announces that the next flush has a frame of this agent. */
  touch(): void {
    this.#touch();
  }

  emit(out: Out): void {
    if (this.#done) return;
    this.#done = out.type === "done";
    this.#out.push(out);
    this.#touch();
  }

  /** Streamed text, one `output` for all deltas of a tick. */
  say(callId: string, text: string): void {
    const last = this.#out.at(-1);
    if (last?.type !== "output" || last.callId !== callId) {
      this.emit({ type: "output", callId, text });
      return;
    }
    this.#out[this.#out.length - 1] = { ...last, text: last.text + text };
  }

  append(message: TurnMessage): void {
    this.#append.push(message);
    this.#touch();
  }

  /** The frame of this tick; what it carries is gone from here. */
  frame(moved: Moved): Frame {
    const { path, incarnation, upTo } = this;
    const [out, append] = [this.#out, this.#append];
    this.#out = [];
    this.#append = [];
    return { path, incarnation, upTo, out, ...moved, ...(append.length === 0 ? {} : { append }) };
  }
}
