import {
  type AnyActor,
  type AnyActorRef,
  type AnyMachineSnapshot,
  type AnyStateMachine,
  createActor,
  type InspectionEvent,
} from "xstate";
import type { AgentEnding } from "../door/agent-ending.ts";
import { openDoor } from "../door/host-door.ts";
import type { Clock } from "../wire/clock.ts";
import type { DeliveryBody, PlaceAgent } from "../wire/delivery.ts";
import type { AgentEnd } from "../wire/frame.ts";
import type { Json } from "../wire/json.ts";
import type { MachineState } from "../wire/machine-state.ts";
import { EmittedEvents } from "./emitted-events.ts";
import { MachineDoor } from "./machine-door.ts";
import { failureOf, machineFaultOf } from "./machine-failure.ts";
import { keepState, restoreState } from "./machine-state.ts";
import { MachineTimers } from "./machine-timers.ts";
import { isMachineWorking } from "./machine-work.ts";
import { initialStateOf, PassedStates } from "./passed-states.ts";
import { restorableJson } from "./plain-json.ts";
import { RunningActors } from "./running-actors.ts";
import type { AgentSeat, Moved } from "./seat.ts";
import type { Resident } from "./tenant.ts";

/** An agent that is a user's XState machine. */
export class MachineAgent implements Resident {
  readonly #seat: AgentSeat;
  readonly #door: MachineDoor;
  readonly #actor: AnyActor;
  readonly #timers: MachineTimers;
  readonly #states: PassedStates;
  readonly #emitted: EmittedEvents;
  readonly #seen = new WeakMap<object, object>();
  #stepped = false;
  #isEnding = false;
  #fault: { readonly thrown: unknown; readonly atStart?: true } | undefined;

  constructor(seat: AgentSeat, placement: PlaceAgent, machine: AnyStateMachine, clock: Clock) {
    this.#seat = seat;
    const state = placement.state as unknown as MachineState | undefined;
    this.#door = new MachineDoor(seat, () => this.#change(), state);
    const { asks: open = state?.asks ?? [] } = placement;
    for (const askId of state?.asks ?? []) if (!open.includes(askId)) this.#door.endAsk(askId);
    const restored = state && restoreState(state);
    this.#states = new PassedStates(state && stateIn(restored?.value));
    if (restored === undefined) this.#states.note(initialStateOf(machine));
    this.#actor = createActor(machine, {
      id: placement.name,
      input: placement.input,
      clock,
      inspect: (event: InspectionEvent) => this.#inspect(event),
      ...(restored === undefined ? {} : { snapshot: restored.value as never }),
    });
    restored?.refer(this.#actor);
    openDoor(this.#actor.system, this.#door);
    this.#timers = new MachineTimers(this.#actor, clock, () => seat.touch());
    // Behind the timers: what ends an actor cancels its own first.
    new RunningActors(this.#actor);
    const fail = (thrown: unknown): void => {
      this.#fault ??= { thrown };
      seat.touch();
    };
    this.#actor.subscribe({ error: fail });
    this.#emitted = new EmittedEvents(this.#actor, (out) => seat.emit(out), fail);
    this.#start(placement);
    if (this.#fault !== undefined) this.#fault = { ...this.#fault, atStart: true };
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

  endAsk(askId: string): void {
    this.#door.endAsk(askId);
  }

  /** What a frame says of the machine; an end found here goes out in the same frame. */
  moved(): Moved {
    try {
      this.#emitted.flush();
      const end = this.#endOf();
      if (end !== undefined) this.#seat.emit({ type: "done", end });
      return this.#describe();
    } catch (thrown) {
      this.drop();
      this.#seat.emit({ type: "done", end: { status: "failed", error: machineFaultOf(thrown) } });
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
    this.#timers.close();
  }

  /** Whatever fails here, nothing that was begun goes on. */
  #start({ timers = [] }: PlaceAgent): void {
    try {
      this.#timers.restore(timers);
      this.#actor.start();
    } catch (thrown) {
      this.drop();
      throw thrown;
    }
  }

  #describe(): Moved {
    const snapshot = this.#actor.getSnapshot();
    const stepped = this.#stepped && !this.#seat.done;
    const state = stepped ? { state: this.#state() } : {};
    const timers = this.#seat.done ? undefined : this.#timers.take();
    this.#stepped = false;
    return {
      busy: !this.#seat.done && isMachineWorking(snapshot),
      ...state,
      ...this.#states.take(),
      ...(timers === undefined ? {} : { timers }),
    };
  }

  #state(): Json {
    const state: MachineState = { ...keepState(this.#actor), ...this.#door.state() };
    return state as unknown as Json;
  }

  #endOf(): AgentEnd | undefined {
    if (this.#seat.done) return undefined;
    if (this.#fault !== undefined) {
      if (this.#isEnding) return { status: "ended" };
      const { thrown, ...atStart } = this.#fault;
      return { status: "failed", error: machineFaultOf(thrown), ...atStart };
    }
    const snapshot = this.#actor.getSnapshot();
    if (snapshot.status !== "done") return undefined;
    const output = restorableJson(snapshot.output, "The output of the machine");
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

  /** Any actor's step is a change of the state that is restored, not only the root's. */
  #inspect(event: InspectionEvent): void {
    this.#seat.watched?.observe(event);
    if (event.type === "@xstate.microstep" && isRoot(event.actorRef as AnyActorRef)) {
      this.#states.note(stateIn(event.snapshot) ?? null);
    }
    if (event.type !== "@xstate.snapshot") return;
    if (this.#seen.get(event.actorRef) !== event.snapshot) this.#change();
    this.#seen.set(event.actorRef, event.snapshot);
  }

  #change(): void {
    this.#stepped = true;
    this.#seat.touch();
  }
}

function isRoot({ _parent: parent }: AnyActorRef): boolean {
  return parent === undefined;
}

/** The state value in what XState says or persists of a machine. */
function stateIn(snapshot: unknown): Json | undefined {
  return (snapshot as { readonly value?: Json } | undefined)?.value;
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
