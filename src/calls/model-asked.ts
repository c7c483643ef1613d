import type { Verdict } from "../authority/verdict.ts";
import type { AgentRecord } from "../engine/agent-record.ts";
import type { CallProgress, ModelChoice } from "../engine/call-progress.ts";
import type { Engine } from "../engine/engine.ts";
import type { Call, Node } from "../kernel/node.ts";
import { isScripted, scriptedUsage } from "../models/scripted-usage.ts";
import type { ModelCommand } from "../wire/frame.ts";
import type { ModelSpec } from "../wire/spec.ts";
import { asksForAnHour } from "../wire/transcript.ts";
import { maxTokensOf } from "./output-limit.ts";

type Granted = Extract<Verdict, { status: "granted" }>;

/** A model call at the door, with the model that it goes to. */
export interface Asked {
  readonly node: Node;
  readonly call: Call;
  readonly model: ModelSpec;
  readonly choice: ModelChoice;
  /** The estimated length of its prompt. */
  readonly inputTokens: number;
  /** True when a person has allowed it. */
  readonly approved: boolean;
}

export function progressOf({ choice, inputTokens, approved }: Asked): CallProgress {
  return { approved, model: { choice, inputTokens } };
}

/** Restores the request of a call that has waited. */
export function askedOf(
  { node, resolved }: AgentRecord,
  call: Call,
  progress: CallProgress,
): Asked {
  const { approved, model: about = { choice: { index: 0 }, inputTokens: 0 } } = progress;
  const model = resolved.models[about.choice.index] as ModelSpec;
  return { node, call, model, approved, ...about };
}

/** Returns the most output tokens that the permit of a call grants. */
export function maxTokensIn({ maxTokens }: Granted, { model }: Asked): number {
  return maxTokens ?? maxTokensOf(model);
}

/** Requests the call from the arbiter. */
export function demand(swarm: Engine, asked: Asked): Verdict {
  const { node, call, model, approved, choice, inputTokens } = asked;
  const command = call.command as ModelCommand;
  return swarm.parts.arbiter.model(swarm.recordOf(node).standing, {
    callId: command.callId,
    model,
    inputTokens,
    maxTokens: maxTokensOf(model),
    approved,
    again: choice.failed !== undefined,
    ...(isScripted(model)
      ? { exact: scriptedUsage(model, node.turns) }
      : { forAnHour: asksForAnHour(command.job?.messages ?? node.transcript) }),
  });
}
