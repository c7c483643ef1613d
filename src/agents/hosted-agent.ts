import type { AskOver, Delivery, DeliveryBody, PlaceAgent } from "../wire/delivery.ts";
import type { Command, Frame } from "../wire/frame.ts";
import type { Json } from "../wire/json.ts";
import type { TurnMessage } from "../wire/transcript.ts";
import type { LoadedTemplate } from "./loaded-template.ts";
import type { WatchedAgent } from "./watched-agent.ts";

/** Fields that a machine adds to its agent's frame. */
export type Moved = Pick<Frame, "busy"> &
  Partial<Pick<Frame, "state" | "change" | "value" | "passed" | "leftOut" | "timers" | "arriving">>;

/** The actor of one agent: the built-in loop, or a user's machine. */
export interface AgentActor {
  /** True once it takes no more deliveries, although it has not reported its end yet. */
  readonly isOver?: boolean;
  deliver(body: DeliveryBody): void;
  /** Withdraws an ask whose caller no longer waits. */
  endAsk?(askId: string): void;
  /** Returns the machine's part of this tick's frame; it may still emit its end. */
  moved(): Moved;
  /** Returns the whole state that a frame would carry now; not for the loop. */
  state?(): Json | undefined;
  /** Aborts what runs and emits nothing more. Never throws. */
  drop(): void;
}

/** `importing`: the machine is being imported, or could not be created. */
type Phase = "importing" | "running";

/**
 * One agent on its host: its identity, its actor, and its commands that are not sent yet. All that
 * an agent asks for or reports leaves through here, in a frame.
 */
export class HostedAgent {
  readonly path: string;
  readonly incarnation: number;
  /** Number of the agent in the running cell. */
  readonly number: number;
  readonly loaded: LoadedTemplate;
  /** Number of the last delivery consumed. */
  upTo: number;
  /** Reports what the agent's actors do; undefined while the supervisor is not inspected. */
  watched: WatchedAgent | undefined;
  readonly #cancelFlag: number;
  readonly #cancelFlags: Int32Array;
  readonly #touch: () => void;
  #commands: Command[] = [];
  #append: TurnMessage[] = [];
  #done = false;
  #actor: AgentActor | undefined;
  /** Items that arrived while the machine was being imported, in order. */
  #early: (Delivery | AskOver)[] | undefined;

  constructor(
    { path, incarnation, number, upTo, cancelFlag }: PlaceAgent,
    loaded: LoadedTemplate,
    cancelFlags: Int32Array,
    touch: (agent: HostedAgent) => void,
  ) {
    this.path = path;
    this.incarnation = incarnation;
    this.number = number;
    this.upTo = upTo;
    this.loaded = loaded;
    this.#cancelFlag = cancelFlag;
    this.#cancelFlags = cancelFlags;
    this.#touch = () => touch(this);
  }

  /** True once the agent has reported its end; it sends nothing after that. */
  get done(): boolean {
    return this.#done;
  }

  get phase(): Phase {
    return this.#actor === undefined ? "importing" : "running";
  }

  /** True once it takes no more deliveries, although it has not reported its end yet. */
  get isOver(): boolean {
    return this.#actor?.isOver ?? false;
  }

  /** Sets the actor; returns the items that arrived before it existed, to be delivered now. */
  run(actor: AgentActor): readonly (Delivery | AskOver)[] {
    this.#actor = actor;
    const early = this.#early ?? [];
    this.#early = undefined;
    return early;
  }

  /**
   * Keeps an item while the machine is imported, and returns true if it did. An `end` is never
   * kept: it is answered at once.
   */
  keep(item: Delivery | AskOver): boolean {
    if (this.phase === "running") return false;
    if (item.type === "deliver" && item.body.type === "end") return false;
    this.#early ??= [];
    this.#early.push(item);
    return true;
  }

  deliver(body: DeliveryBody): void {
    if (this.#actor !== undefined) this.#actor.deliver(body);
    else this.emit({ type: "done", end: { status: "ended" } });
  }

  endAsk(askId: string): void {
    this.#actor?.endAsk?.(askId);
  }

  /** Returns the whole state of its machine; undefined for the loop, and before it runs. */
  state(): Json | undefined {
    return this.#done ? undefined : this.#actor?.state?.();
  }

  /** Aborts what runs and emits nothing more. Never throws. */
  drop(): void {
    this.#early = undefined;
    this.#actor?.drop();
  }

  /**
   * True once the agent is cancelled. Read right before an effect starts, so that a permit that is
   * still in flight has no effect.
   */
  get cancelled(): boolean {
    return Atomics.load(this.#cancelFlags, this.#cancelFlag) !== 0;
  }

  /** Requests a frame of this agent in the next flush. */
  touch(): void {
    this.#touch();
  }

  emit(command: Command): void {
    if (this.#done) return;
    this.#done = command.type === "done";
    this.#commands.push(command);
    this.#touch();
  }

  /** Emits streamed text; deltas of one call that follow each other in a tick form one `output`. */
  say(callId: string, text: string): void {
    const last = this.#commands.at(-1);
    if (last?.type !== "output" || last.callId !== callId) {
      this.emit({ type: "output", callId, text });
      return;
    }
    this.#commands[this.#commands.length - 1] = { ...last, text: last.text + text };
  }

  append(message: TurnMessage): void {
    this.#append.push(message);
    this.#touch();
  }

  /** Returns the machine's part of this tick's frame; it may still emit its end. */
  moved(): Moved {
    if (this.#actor !== undefined) return this.#actor.moved();
    return this.done ? { busy: false } : { busy: true, arriving: true };
  }

  /** Returns the frame of this tick, and clears what it carries. */
  frame(moved: Moved): Frame {
    const { path, incarnation, upTo } = this;
    const [commands, append] = [this.#commands, this.#append];
    this.#commands = [];
    this.#append = [];
    return {
      path,
      incarnation,
      upTo,
      commands,
      ...moved,
      ...(append.length === 0 ? {} : { append }),
    };
  }
}
