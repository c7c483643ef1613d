import { callerOf, runOf } from "../../machines/run-of.ts";
import type { Blame, Running } from "../kernel/blame.ts";
import type { NodeKey } from "../kernel/node.ts";
import type { RunLetter } from "../kernel/run-letter.ts";
import type { SlotLane } from "../kernel/slot-queue.ts";
import type { Plan } from "../specs/plan.ts";
import type { SpawnOptions } from "../specs/supervisor-options.ts";
import type { Decided, Decision } from "../wire/approval.ts";
import type { CallResult } from "../wire/delivery.ts";
import type { EventBody, FactType } from "../wire/event.ts";
import type { Frame, JobReport } from "../wire/frame.ts";
import type { Json } from "../wire/json.ts";
import type { WireError } from "../wire/outcome.ts";
import type { AgentSpec, Grant } from "../wire/spec.ts";
import type { Question } from "./question.ts";
import type { SeenInput } from "./seen-input.ts";

interface OfAgent {
  readonly agent: NodeKey;
}

interface OfRun {
  /** The path of its top-level agent. */
  readonly run: string;
}

/** What one can do to a swarm from outside, and what is answered at once. */
export type Order =
  | {
      readonly type: "spawn";
      readonly spec: string | AgentSpec;
      readonly options: SpawnOptions;
      /** What came of the two before; they alone stand in a row. */
      readonly plan?: Plan;
      /** Its signal was aborted already: it ends before anything of it begins. */
      readonly aborted?: string;
    }
  | (OfAgent & { readonly type: "cancel"; readonly reason: string })
  | (OfAgent & { readonly type: "pause" | "resume" })
  | (OfAgent & { readonly type: "tell"; readonly message: Json })
  | (OfAgent & { readonly type: "ask"; readonly message: Json; readonly timeoutMs: number })
  | (OfAgent & { readonly type: "await-room" })
  | (OfAgent & { readonly type: "grant"; readonly grant: Grant })
  | (OfAgent & { readonly type: "revoke"; readonly pattern: string })
  /** All of them are of one run. */
  | (OfRun & { readonly type: "decide"; readonly decisions: readonly Decided[] })
  | { readonly type: "close-down"; readonly graceMs?: number | undefined }
  | { readonly type: "kill" }
  /** Time goes on, because somebody looks: a window may have turned. */
  | { readonly type: "look"; readonly path: string };

/** What befalls a swarm, and nobody waits for what comes of it. */
type Happening =
  | { readonly type: "frame"; readonly host: string; readonly frame: Frame }
  | { readonly type: "model-report"; readonly host: string; readonly report: JobReport }
  | { readonly type: "host-distrusted"; readonly host: string; readonly reason: string }
  | {
      readonly type: "host-lost";
      readonly host: string;
      readonly reason: string;
      readonly blame?: Blame | undefined;
    }
  /** Something that is only told. */
  | {
      readonly type: "told";
      readonly fact: FactType;
      readonly path: string;
      readonly body: EventBody;
    }
  /** The next thing that this agent has asked for. */
  | (OfAgent & { readonly type: "request" })
  | (OfAgent & {
      readonly type: "tool-result";
      readonly callId: string;
      readonly tool: string;
      readonly result: CallResult;
    })
  | (OfAgent & {
      readonly type: "tool-input";
      readonly callId: string;
      readonly given: SeenInput;
    })
  /** The `approve` callback gave no decision. */
  | (OfRun & { readonly type: "no-decision"; readonly id: string; readonly reason: string })
  /** It could not be posted to its host, and so is not there. */
  | { readonly type: "never-placed"; readonly path: string }
  | {
      readonly type: "fault";
      readonly path: string;
      readonly doing: string;
      readonly error: WireError;
    }
  /** The time of something has come; without a run, of something that all share. */
  | { readonly type: "deadlines"; readonly run: string | undefined };

/** What a person has allowed beyond the run that asked. */
export interface FarAnswer {
  readonly id: string;
  readonly question: Question;
  readonly decision: Decision;
}

/**
 * What comes to a run from what all runs share, or from another one: what it had asked for and
 * could not be given at once, what has changed for all, and what was written to one of its agents.
 */
export type Notice =
  /** The root has a slot for it. */
  | (OfAgent & { readonly type: "slot"; readonly lane: SlotLane })
  /** It may be started, since another top-level agent has ended. */
  | (OfAgent & { readonly type: "start" })
  /** It may be tried alone. */
  | (OfAgent & { readonly type: "try" })
  /** The turn of a model call that waits for its budget has come. */
  | (OfAgent & { readonly type: "turn"; readonly callId: string })
  /** The rate of a call lets it pass. */
  | (OfAgent & { readonly type: "paced"; readonly callId: string })
  | (OfAgent & { readonly type: "letter"; readonly letter: RunLetter })
  /** A person has allowed more than one call of another run, or lifted the budget of all. */
  | (OfRun & { readonly type: "allowed"; readonly answers: readonly FarAnswer[] })
  | (OfRun & { readonly type: "root-paused"; readonly isPaused: boolean })
  /** All runs have heard that the supervisor goes on: who waits at the root is served. */
  | { readonly type: "root-resumed" }
  | (OfRun & { readonly type: "closing"; readonly graceMs?: number | undefined })
  | (OfRun & { readonly type: "killed" })
  /** Some of its agents lived on that host, or had their models' calls run there. */
  | (OfRun & {
      readonly type: "home-lost";
      readonly host: string;
      readonly reason: string;
      readonly blame?: Blame | undefined;
      /** Somebody of another run is known to have been the cause, or is suspected. */
      readonly isCaused: boolean;
      /** Who ran there when it was ended because somebody did not end. */
      readonly outlivedBy: readonly Running[];
    })
  /** It has ended, and is kept no longer. */
  | (OfAgent & { readonly type: "forget" });

/** Everything that can happen to a swarm: plain data, taken one at a time. */
export type Input = Order | Happening | Notice;

/** The run that an input is for: the path of a top-level agent; undefined for none. */
export function runFor(input: Input): string | undefined {
  const path = pathOf(input) ?? (input as Partial<OfRun>).run;
  return path && runOf(path);
}

/** The agent that an input is for; undefined for none, or for a run of which it does not say. */
export function pathOf(input: Input): string | undefined {
  // Read rather than looked for: of so many shapes, what is not there would be found slowly.
  const { agent, path } = input as Partial<OfAgent & { readonly path: string }>;
  if (agent !== undefined) return agent.path;
  if (input.type === "frame") return input.frame.path;
  return input.type === "model-report" ? callerOf(input.report.callId) : path;
}
