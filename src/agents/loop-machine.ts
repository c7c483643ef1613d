import {
  type Actor,
  type ActorLogic,
  type AnyActorRef,
  createActor,
  type InspectionEvent,
  type Snapshot,
} from "xstate";
import { type AgentContext, type AgentEvent, agentMachine } from "../../machines/agent.ts";
import type { Json } from "../wire/json.ts";
import { type ChartLogic, compileChart } from "./compiled-chart.ts";

/** Effects of the loop's chart, which its agent carries out. */
export interface LoopEffects {
  /** Requests a frame, which reports that the machine broke. */
  touch(): void;
  appendInput(context: AgentContext, event: AgentEvent): void;
  askPermit(context: AgentContext): void;
  appendPending(context: AgentContext): void;
  startModel(context: AgentContext, event: AgentEvent): void;
  abortModel(): void;
  sendCalls(context: AgentContext, event: AgentEvent): void;
  endTurn(context: AgentContext, event: AgentEvent): void;
  closeTurn(context: AgentContext): void;
  leaveOutTurn(context: AgentContext, event: AgentEvent): void;
  failTurn(context: AgentContext, event: AgentEvent): void;
}

type LoopLogic = ChartLogic<AgentContext, AgentEvent, { readonly prefix: string }>;
export type LoopActor = Actor<LoopLogic>;

/**
 * The loop's state as it travels: XState's persisted snapshot without the fields that never differ.
 */
export interface LoopState {
  readonly value: string;
  readonly context: AgentContext;
}

type Effect = Exclude<keyof LoopEffects, "touch">;

/** One table serves every agent. */
const logicOf = compileChart<AgentContext, AgentEvent, { readonly prefix: string }>(agentMachine);

/** Asks the actor above the loops to stop one of them: XState lets no other actor do so. */
interface Stop {
  readonly type: "stop";
  readonly actor: AnyActorRef;
}

const above: ActorLogic<Snapshot<undefined>, Stop> = {
  getInitialSnapshot: () => ({ status: "active", output: undefined, error: undefined }),
  getPersistedSnapshot: (snapshot) => snapshot,
  transition(snapshot, event, { stopChild }) {
    // It also hears of each loop that is done or has failed, which its agent reports.
    if (event.type === "stop") stopChild(event.actor);
    return snapshot;
  },
};

/**
 * The loops of one host. They share the system of one actor above them, because a system takes more
 * memory than an actor.
 */
export class Loops {
  #above: Actor<typeof above> | undefined;

  /** Creates the actor of one agent's loop; one that is inspected has a system of its own. */
  create(
    prefix: string,
    body: LoopEffects,
    state?: Json,
    inspect?: (event: InspectionEvent) => void,
  ): LoopActor {
    const logic = logicOf((name, context, event) => body[name as Effect](context, event));
    const restored = state === undefined ? {} : { snapshot: state as never };
    this.#above ??= createActor(above).start();
    const where = inspect === undefined ? { parent: this.#above } : { inspect };
    const actor = createActor(logic, { input: { prefix }, ...restored, ...where });
    // Without an observer XState throws a machine's error into the thread.
    actor.subscribe({ error: () => body.touch() });
    return actor.start();
  }

  stop(actor: LoopActor): void {
    if (actor.system === this.#above?.system) this.#above.send({ type: "stop", actor });
    else actor.stop();
  }
}
