import {
  type AnyActor,
  type AnyMachineSnapshot,
  type AnyStateMachine,
  createActor,
  type InspectionEvent,
} from "xstate";
import type { AgentEnding } from "../door/agent-ending.ts";
import { openDoor } from "../door/host-door.ts";
import type { Clock } from "../wire/clock.ts";
import type { DeliveryBody, Placement } from "../wire/delivery.ts";
import type { AgentEnd } from "../wire/frame.ts";
import type { Json } from "../wire/json.ts";
import { type DoorState, MachineDoor } from "./machine-door.ts";
import { failureOf, faultOf } from "./machine-failure.ts";
import { MachineTimers } from "./machine-timers.ts";
import { isWorking } from "./machine-work.ts";
import { plainJson, STATE_BOUND } from "./plain-json.ts";
import type { Moved, Seat } from "./seat.ts";
import type { Resident } from "./tenant.ts";

/** A custom machine's state as it travels. */
interface MachineState extends DoorState {
  readonly machine: Json;
}

/** An agent that is a user's XState machine. */
export class MachineAgent implements Resident {
  readonly #seat: Seat;
  readonly #door: MachineDoor;
  readonly #actor: AnyActor;
  readonly #timers: MachineTimers;
  readonly #seen = new WeakMap<object, object>();
  #stepped = false;
  #isEnding = false;
  #sentValue: string | undefined;
  #fault: { readonly thrown: unknown } | undefined;

  constructor(seat: Seat, placement: Placement, machine: AnyStateMachine, clock: Clock) {
    this.#seat = seat;
    const state = placement.state as unknown as MachineState | undefined;
    this.#door = new MachineDoor(seat, () => this.#change(), state);
    this.#actor = createActor(machine, {
      id: placement.name,
      input: placement.input,
      clock: {
        setTimeout: (callback: () => void, delayMs: number) =>
          clock.setTimeout(() => this.#fire(callback), delayMs),
        clearTimeout: (id: unknown) => clock.clearTimeout(id),
      },
      inspect: (event: InspectionEvent) => this.#inspect(event),
      // XState writes into what it restores.
      ...(state === undefined ? {} : { snapshot: structuredClone(state.machine) as never }),
    });
    openDoor(this.#actor.system, this.#door);
    this.#timers = new MachineTimers(this.#actor, clock);
    this.#actor.subscribe({
      error: (thrown) => {
        this.#fault = { thrown };
        seat.touch();
      },
    });
    this.#timers.restore(placement.timers ?? []);
    this.#actor.start();
    // Where it was on its last host is no news.
    if (state !== undefined) this.#sentValue = JSON.stringify(this.#actor.getSnapshot().value);
  }

  get isOver(): boolean {
    return this.#actor.getSnapshot().status !== "active";
  }

  deliver(body: DeliveryBody): void {
    switch (body.type) {
      case "message":
        this.#door.handle(body.askId, () => this.#actor.send(eventOf(body)));
        break;
      case "child": {
        const { path, name, outcome } = body;
        const event = { type: "child.ended", path, name, outcome };
        this.#actor.send(event);
        break;
      }
      case "result":
        this.#door.settle(body.callId, body.result);
        break;
      case "end":
        this.#end(body);
        break;
      case "permit":
        // Its model calls run as jobs on a house host: nothing starts here.
        break;
    }
  }

  /** What a frame says of the machine; an end found here goes out in the same frame. */
  moved(): Moved {
    try {
      const end = this.#endOf();
      if (end !== undefined) this.#seat.emit({ type: "done", end });
      return this.#describe();
    } catch (thrown) {
      this.drop();
      this.#seat.emit({ type: "done", end: { status: "failed", error: faultOf(thrown) } });
      return { busy: false };
    }
  }

  drop(): void {
    try {
      this.#actor.stop();
    } catch (thrown) {
      // It is being forgotten; what its stopping threw concerns nobody any more.
      this.#fault ??= { thrown };
    }
  }

  #describe(): Moved {
    const snapshot = this.#actor.getSnapshot();
    const stepped = this.#stepped && !this.#seat.done;
    const value = JSON.stringify(snapshot.value);
    const timers = this.#seat.done ? undefined : this.#timers.take();
    const moved = {
      busy: !this.#seat.done && isWorking(snapshot),
      ...(stepped ? { state: this.#state() } : {}),
      ...(value === undefined || value === this.#sentValue ? {} : { value: snapshot.value }),
      ...(timers === undefined ? {} : { timers }),
    };
    this.#stepped = false;
    this.#sentValue = value;
    return moved;
  }

  #state(): Json {
    const machine = plainJson(
      this.#actor.getPersistedSnapshot(),
      "The state of the machine",
      STATE_BOUND,
    );
    const state: MachineState = { machine, ...this.#door.state() };
    return state as unknown as Json;
  }

  #endOf(): AgentEnd | undefined {
    if (this.#seat.done) return undefined;
    if (this.#fault !== undefined) {
      if (this.#isEnding) return { status: "ended" };
      return { status: "failed", error: faultOf(this.#fault.thrown) };
    }
    const snapshot = this.#actor.getSnapshot();
    if (snapshot.status !== "done") return undefined;
    const output = plainJson(snapshot.output, "The output of the machine");
    if (this.#isEnding) return { status: "ended", partial: output };
    if (!snapshot.hasTag("failed")) return { status: "completed", output };
    return { status: "failed", error: failureOf(snapshot.output, output, snapshot.value) };
  }

  /** A machine that takes `agent.ending` goes on until it is done, or dropped after its grace. */
  #end({ status, reason }: Extract<DeliveryBody, { readonly type: "end" }>): void {
    const event: AgentEnding = { type: "agent.ending", status, reason };
    if (!takes(this.#actor.getSnapshot(), event)) {
      this.drop();
      this.#seat.emit({ type: "done", end: { status: "ended" } });
      return;
    }
    this.#isEnding = true;
    this.#door.withdraw(reason);
    this.#actor.send(event);
    if (!this.isOver) this.#door.refuseOpen();
  }

  #fire(callback: () => void): void {
    this.#timers.fired();
    this.#seat.touch();
    callback();
  }

  /** Any actor's step is a change of the state that is restored, not only the root's. */
  #inspect(event: InspectionEvent): void {
    this.#seat.watched?.observe(event);
    if (event.type !== "@xstate.snapshot") return;
    if (this.#seen.get(event.actorRef) !== event.snapshot) this.#change();
    this.#seen.set(event.actorRef, event.snapshot);
  }

  #change(): void {
    this.#stepped = true;
    this.#seat.touch();
  }
}

/** True where a state that it is in names the event: a wildcard was not written for its end. */
function takes(snapshot: AnyMachineSnapshot, event: { readonly type: string }): boolean {
  const taken = snapshot.machine.getTransitionData(snapshot, event);
  return taken.some(({ eventType, target, actions }) => {
    return eventType === event.type && (target !== undefined || actions.length > 0);
  });
}

/** What is told is the event itself, unless it is none, or one that only XState or we may send. */
function eventOf({ message, from }: Extract<DeliveryBody, { readonly type: "message" }>): {
  readonly type: string;
} {
  const type = (message as { readonly type?: unknown } | null)?.type;
  const own = typeof type === "string" && !/^(xstate\.|call\.settled$|agent\.ending$)/.test(type);
  return own
    ? (message as { readonly type: string })
    : ({ type: "message", message, from } as { type: string });
}
