import { callerOf, runOf } from "../../machines/run-of.ts";
import type { Blame, Running } from "../kernel/blame.ts";
import type { NodeKey } from "../kernel/node.ts";
import type { RunLetter } from "../kernel/run-letter.ts";
import type { SlotLane } from "../kernel/slot-queue.ts";
import type { ResolvedSpec } from "../specs/resolved-spec.ts";
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

/** An order to a swarm from outside, which is answered at once. */
export type Order =
  | {
      readonly type: "spawn";
      readonly spec: string | AgentSpec;
      readonly options: SpawnOptions;
      /** The resolved spec, made from `spec` and `options`; a row contains only those two. */
      readonly resolved?: ResolvedSpec;
      /** The reason of a signal that was aborted already: the agent ends before anything begins. */
      readonly aborted?: string;
    }
  | (OfAgent & { readonly type: "cancel"; readonly reason: string })
  | (OfAgent & { readonly type: "pause" | "resume" })
  | (OfAgent & { readonly type: "tell"; readonly message: Json })
  | (OfAgent & { readonly type: "ask"; readonly message: Json; readonly timeoutMs: number })
  | (OfAgent & { readonly type: "await-room" })
  | (OfAgent & { readonly type: "grant"; readonly grant: Grant })
  | (OfAgent & { readonly type: "revoke"; readonly pattern: string })
  /** Decisions on questions of one run. */
  | (OfRun & { readonly type: "decide"; readonly decisions: readonly Decided[] })
  | { readonly type: "close-down"; readonly graceMs?: number | undefined }
  | { readonly type: "kill" }
  /** Advances the time before a caller reads the state; a budget window may have turned. */
  | { readonly type: "look"; readonly path: string };

/** An event in the swarm, without an answer. */
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
  /** A fact that is only reported. */
  | {
      readonly type: "report";
      readonly fact: FactType;
      readonly path: string;
      readonly body: EventBody;
    }
  /** The agent's next request in the request queue. */
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
  /** The agent could not be posted to its host, and so does not live there. */
  | { readonly type: "never-placed"; readonly path: string }
  | {
      readonly type: "fault";
      readonly path: string;
      readonly doing: string;
      readonly error: WireError;
    }
  /** A deadline of the run is due; without a run, one that all runs share. */
  | { readonly type: "deadlines"; readonly run: string | undefined };

/** A person's approval that reaches beyond the run that asked. */
export interface FarAnswer {
  readonly id: string;
  readonly question: Question;
  readonly decision: Decision;
}

/**
 * An input to a run from the state that all runs share, or from another run: something that the run
 * asked for and could not get at once, a change for all runs, or a letter to one of its agents.
 */
export type Notice =
  /** The root gives the agent a slot. */
  | (OfAgent & { readonly type: "slot"; readonly lane: SlotLane })
  /** The agent may be started, because another top-level agent has ended. */
  | (OfAgent & { readonly type: "start" })
  /** The suspect may run alone. */
  | (OfAgent & { readonly type: "quarantine" })
  /** A model call that waits for its budget has its turn. */
  | (OfAgent & { readonly type: "turn"; readonly callId: string })
  /** A rate-limited call may begin. */
  | (OfAgent & { readonly type: "rate-cleared"; readonly callId: string })
  | (OfAgent & { readonly type: "letter"; readonly letter: RunLetter })
  /** A person has allowed more than one call of another run, or raised the budget of all runs. */
  | (OfRun & { readonly type: "allowed"; readonly answers: readonly FarAnswer[] })
  | (OfRun & { readonly type: "root-paused"; readonly isPaused: boolean })
  /** All runs know that the supervisor is resumed, so the root's queue is served. */
  | { readonly type: "root-resumed" }
  | (OfRun & { readonly type: "closing"; readonly graceMs?: number | undefined })
  | (OfRun & { readonly type: "killed" })
  /** A host was lost on which agents of the run lived, or model calls of theirs ran. */
  | (OfRun & {
      readonly type: "home-lost";
      readonly host: string;
      readonly reason: string;
      readonly blame?: Blame | undefined;
      /** True when the cause is known or suspected, in whichever run. */
      readonly isCaused: boolean;
      /** The agents that ran there when the host was terminated for an agent that did not end. */
      readonly outlivedBy: readonly Running[];
    })
  /** The agent has ended, and is no longer kept. */
  | (OfAgent & { readonly type: "forget" });

/** Everything that can happen to a swarm: plain data, taken one at a time. */
export type Input = Order | Happening | Notice;

/** Returns the run that an input is for, as the path of a top-level agent; undefined for none. */
export function runFor(input: Input): string | undefined {
  const path = pathOf(input) ?? (input as Partial<OfRun>).run;
  return path && runOf(path);
}

/** Returns the path of the agent that an input is for; undefined for none, or for a whole run. */
export function pathOf(input: Input): string | undefined {
  // Read without a check by `in`, which is slow for an absent field of so many object shapes.
  const { agent, path } = input as Partial<OfAgent & { readonly path: string }>;
  if (agent !== undefined) return agent.path;
  if (input.type === "frame") return input.frame.path;
  return input.type === "model-report" ? callerOf(input.report.callId) : path;
}
