import type { Engine } from "../engine/engine.ts";
import type { Fact } from "../kernel/fact.ts";
import type { Node } from "../kernel/node.ts";
import { countRefusal, tellsNext } from "../kernel/refusals.ts";
import type { FactType } from "../wire/event.ts";

/** Refusals of one kind that have an event each; beyond that they are told at doubling counts. */
const TOLD_SINGLY = 100;

/** Tells what an agent, or the supervisor's caller (at the root), may be refused without end. */
export function tellRefused({ kernel, log }: Engine, keeper: Node, kind: string, fact: Fact): void {
  const due = countRefusal(kernel.tree, { keeper, kind, singly: TOLD_SINGLY }, fact);
  if (due !== undefined) log.fact(due.type as FactType, due.path, due);
}

/** Whether the next refusal of this kind would be told. */
export function isToldNext({ kernel }: Engine, keeper: Node, kind: string): boolean {
  return tellsNext(kernel.tree, { keeper, kind, singly: TOLD_SINGLY });
}
