import type { Verdict } from "../authority/verdict.ts";
import type { AgentRecord } from "../engine/agent-record.ts";
import type { CallStanding, ModelChoice } from "../engine/call-standing.ts";
import type { Engine } from "../engine/engine.ts";
import type { Call, Node } from "../kernel/node.ts";
import { isScripted, scriptedUsage } from "../models/scripted-usage.ts";
import type { ModelOut } from "../wire/frame.ts";
import type { ModelSpec } from "../wire/spec.ts";
import { asksForAnHour } from "../wire/transcript.ts";
import { maxTokensOf } from "./output-limit.ts";

type Granted = Extract<Verdict, { status: "granted" }>;

/** A model call at the door: what was asked, and which model it goes to. */
export interface Asked {
  readonly node: Node;
  readonly call: Call;
  readonly model: ModelSpec;
  readonly choice: ModelChoice;
  /** How long its prompt is taken to be. */
  readonly inputTokens: number;
  /** Whether a person has allowed it. */
  readonly approved: boolean;
}

export function standingOf({ choice, inputTokens, approved }: Asked): CallStanding {
  return { approved, model: { choice, inputTokens } };
}

/** As it was asked for before it waited. */
export function askedOf({ node, plan }: AgentRecord, call: Call, standing: CallStanding): Asked {
  const { approved, model: about = { choice: { index: 0 }, inputTokens: 0 } } = standing;
  const model = plan.models[about.choice.index] as ModelSpec;
  return { node, call, model, approved, ...about };
}

/** The most output that its permit grants. */
export function maxTokensIn({ maxTokens }: Granted, { model }: Asked): number {
  return maxTokens ?? maxTokensOf(model);
}

/** Asks the arbiter for it. */
export function demand(swarm: Engine, asked: Asked): Verdict {
  const { node, call, model, approved, choice, inputTokens } = asked;
  const out = call.out as ModelOut;
  return swarm.parts.arbiter.model(swarm.recordOf(node).seat, {
    callId: out.callId,
    model,
    inputTokens,
    maxTokens: maxTokensOf(model),
    approved,
    again: choice.failed !== undefined,
    ...(isScripted(model)
      ? { exact: scriptedUsage(model, node.turns) }
      : { forAnHour: asksForAnHour(out.job?.messages ?? node.transcript) }),
  });
}
