import type { Blame } from "../kernel/blame.ts";
import type { Plan } from "../specs/plan.ts";
import type { SpawnOptions } from "../specs/supervisor-options.ts";
import type { Decided } from "../wire/approval.ts";
import type { CallResult } from "../wire/delivery.ts";
import type { EventBody, FactType } from "../wire/event.ts";
import type { Frame, JobReport } from "../wire/frame.ts";
import type { Json } from "../wire/json.ts";
import type { WireError } from "../wire/outcome.ts";
import type { AgentSpec, Grant } from "../wire/spec.ts";
import type { SeenInput } from "./seen-input.ts";

/** One agent for good: a path may be another's by now. */
export interface AgentKey {
  readonly path: string;
  /** Its number in the order of births. */
  readonly serial: number;
}

export function keyOf({ path, serial }: AgentKey): AgentKey {
  return { path, serial };
}

interface OfAgent {
  readonly agent: AgentKey;
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
  | { readonly type: "decide"; readonly decisions: readonly Decided[] }
  | { readonly type: "close-down"; readonly graceMs?: number | undefined }
  | { readonly type: "kill" }
  /** Time goes on, because somebody looks: a window may have turned. */
  | { readonly type: "look" };

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
  | { readonly type: "no-decision"; readonly id: string; readonly reason: string }
  /** It could not be posted to its host, and so is not there. */
  | { readonly type: "never-placed"; readonly path: string }
  | {
      readonly type: "fault";
      readonly path: string;
      readonly doing: string;
      readonly error: WireError;
    }
  /** The time of something has come. */
  | { readonly type: "deadlines" };

/** Everything that can happen to a swarm: plain data, taken one at a time. */
export type Input = Order | Happening;
