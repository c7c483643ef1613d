import type { Engine } from "../engine/engine.ts";
import type { Fact } from "../kernel/fact.ts";
import type { Node } from "../kernel/node.ts";
import { countRefusal, tellsNext } from "../kernel/refusals.ts";
import type { FactType } from "../wire/event.ts";

/** The refusals of one kind that have an event each; later events come at doubling counts. */
const MAX_SINGLE_EVENTS = 100;

/** Emits a refusal that an agent, or at the root the host program, may cause without end. */
export function tellRefused({ kernel, log }: Engine, keeper: Node, kind: string, fact: Fact): void {
  const due = countRefusal(kernel.tree, { keeper, kind, singly: MAX_SINGLE_EVENTS }, fact);
  if (due !== undefined) log.fact(due.type as FactType, due.path, due);
}

/** True when the next refusal of this kind would have an event. */
export function isToldNext({ kernel }: Engine, keeper: Node, kind: string): boolean {
  return tellsNext(kernel.tree, { keeper, kind, singly: MAX_SINGLE_EVENTS });
}
