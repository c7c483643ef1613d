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
import type { SendRefused } from "../door/send.ts";
import type { Clock } from "../wire/clock.ts";
import type { DeliveryBody, PlaceAgent } from "../wire/delivery.ts";
import type { AgentEnd } from "../wire/frame.ts";
import type { Json } from "../wire/json.ts";
import type { MachineState } from "../wire/machine-state.ts";
import { EmittedEvents } from "./emitted-events.ts";
import type { AgentActor, HostedAgent, Moved } from "./hosted-agent.ts";
import { MachineDoor } from "./machine-door.ts";
import { failureOf, machineFaultOf } from "./machine-failure.ts";
import { restoreState } from "./machine-state.ts";
import { MachineTimers } from "./machine-timers.ts";
import { isMachineWorking } from "./machine-work.ts";
import { initialStateOf, PassedStates } from "./passed-states.ts";
import { restorableJson } from "./plain-json.ts";
import { RunningActors } from "./running-actors.ts";
import { SentState } from "./sent-state.ts";

/** An agent that runs a user's XState machine. */
export class MachineAgent implements AgentActor {
  readonly #agent: HostedAgent;
  readonly #door: MachineDoor;
  readonly #actor: AnyActor;
  readonly #timers: MachineTimers;
  readonly #sent: SentState;
  readonly #states: PassedStates;
  readonly #emitted: EmittedEvents;
  readonly #seen = new WeakMap<object, object>();
  #stepped = false;
  #isEnding = false;
  #fault: { readonly thrown: unknown; readonly atStart?: true } | undefined;

  constructor(agent: HostedAgent, placed: PlaceAgent, machine: AnyStateMachine, clock: Clock) {
    this.#agent = agent;
    const state = placed.state as unknown as MachineState | undefined;
    const fail = (thrown: unknown): void => {
      this.#fault ??= { thrown };
      agent.touch();
    };
    const refused = (event: SendRefused): void => {
      try {
        this.#refused(event);
      } catch (thrown) {
        fail(thrown);
      }
    };
    this.#door = new MachineDoor(agent, { change: () => this.#change(), refused }, state);
    const { asks: open = state?.asks ?? [] } = placed;
    for (const askId of state?.asks ?? []) if (!open.includes(askId)) this.#door.endAsk(askId);
    const restored = state && restoreState(state);
    this.#states = new PassedStates(state && stateIn(restored?.value));
    if (restored === undefined) this.#states.note(initialStateOf(machine));
    this.#actor = createActor(machine, {
      id: placed.name,
      input: placed.input,
      clock,
      inspect: (event: InspectionEvent) => this.#inspect(event),
      ...(restored === undefined ? {} : { snapshot: restored.value as never }),
    });
    restored?.refer(this.#actor);
    this.#sent = new SentState(this.#actor);
    openDoor(this.#actor.system, this.#door);
    this.#timers = new MachineTimers(this.#actor, clock, () => agent.touch());
    // Created after the timers: an actor's timers are cancelled before the actors below it are
    // ended.
    new RunningActors(this.#actor);
    this.#actor.subscribe({ error: fail });
    this.#emitted = new EmittedEvents(this.#actor, (command) => agent.emit(command), fail);
    this.#start(placed);
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
      case "refused": {
        const { to, message, error } = body;
        this.#refused({ type: "send.refused", to, message, error });
        break;
      }
      case "end":
        this.#end(body);
        break;
      case "permit":
        // A machine's model calls run as jobs on a library host; nothing starts here.
        break;
    }
  }

  endAsk(askId: string): void {
    this.#door.endAsk(askId);
  }

  /** Returns the machine's part of a frame; an end found here is in the same frame. */
  moved(): Moved {
    try {
      this.#emitted.flush();
      this.#door.flush();
      const end = this.#endOf();
      if (end !== undefined) this.#agent.emit({ type: "done", end });
      return this.#describe();
    } catch (thrown) {
      this.drop();
      this.#agent.emit({ type: "done", end: { status: "failed", error: machineFaultOf(thrown) } });
      return { busy: false };
    }
  }

  state(): Json | undefined {
    return new SentState(this.#actor).next(this.#door.state()).state;
  }

  drop(): void {
    try {
      this.#actor.stop();
    } catch (thrown) {
      // The agent is being dropped; an error thrown by its stopping has no further effect.
      this.#fault ??= { thrown };
    }
    this.#timers.close();
  }

  /** Starts the actor. When that fails, everything that was begun is stopped. */
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
    const stepped = this.#stepped && !this.#agent.done;
    const state = stepped ? this.#sent.next(this.#door.state()) : {};
    const timers = this.#agent.done ? undefined : this.#timers.take();
    this.#stepped = false;
    return {
      busy: !this.#agent.done && isMachineWorking(snapshot),
      ...state,
      ...this.#states.take(),
      ...(timers === undefined ? {} : { timers }),
    };
  }

  #endOf(): AgentEnd | undefined {
    if (this.#agent.done) return undefined;
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

  /**
   * Ends the machine. One that takes `agent.ending` runs until it is done, or is dropped after its
   * grace; any other is dropped at once.
   */
  #end({ status, reason }: Extract<DeliveryBody, { readonly type: "end" }>): void {
    const event: AgentEnding = { type: "agent.ending", status, reason };
    if (!takes(this.#actor.getSnapshot(), event)) {
      this.drop();
      this.#agent.emit({ type: "done", end: { status: "ended" } });
      return;
    }
    this.#isEnding = true;
    this.#door.withdraw(reason);
    this.#actor.send(event);
    if (!this.isOver) this.#door.refuseOpen();
  }

  /**
   * Notes the steps of all actors: each of them, not only the root's, changes the state to restore.
   */
  #inspect(event: InspectionEvent): void {
    this.#agent.watched?.observe(event);
    if (event.type === "@xstate.microstep" && isRoot(event.actorRef as AnyActorRef)) {
      this.#states.note(stateIn(event.snapshot) ?? null);
    }
    if (event.type !== "@xstate.snapshot") return;
    if (this.#seen.get(event.actorRef) !== event.snapshot) this.#change();
    this.#seen.set(event.actorRef, event.snapshot);
  }

  /** Passes a refusal on; a wildcard was not written for it, and might send the message again. */
  #refused(event: SendRefused): void {
    if (!this.isOver && takes(this.#actor.getSnapshot(), event)) this.#actor.send(event);
  }

  #change(): void {
    this.#stepped = true;
    this.#agent.touch();
  }
}

function isRoot({ _parent: parent }: AnyActorRef): boolean {
  return parent === undefined;
}

/** Returns the state value of a machine's snapshot, live or persisted. */
function stateIn(snapshot: unknown): Json | undefined {
  return (snapshot as { readonly value?: Json } | undefined)?.value;
}

/**
 * True when a state that the machine is in names the event; no wildcard was written for it.
 */
function takes(snapshot: AnyMachineSnapshot, event: { readonly type: string }): boolean {
  const taken = snapshot.machine.getTransitionData(snapshot, event);
  return taken.some(({ eventType, target, actions }) => {
    return eventType === event.type && (target !== undefined || actions.length > 0);
  });
}

/** The types of events that only XState or the runtime may send. */
const RESERVED = /^(xstate\.|(call\.settled|child\.ended|agent\.ending|send\.refused)$)/;

/**
 * Returns the event for a message: the message itself, or an event `message` around it when it is
 * no event or one that only XState or the runtime may send.
 */
function eventOf({ message, from }: Extract<DeliveryBody, { readonly type: "message" }>): {
  readonly type: string;
} {
  const type = (message as { readonly type?: unknown } | null)?.type;
  const own = typeof type === "string" && !RESERVED.test(type);
  return own
    ? (message as { readonly type: string })
    : ({ type: "message", message, from } as { type: string });
}
