import type { Budget, Limits } from "../wire/spec.ts";
import type { SupervisorOptions } from "./supervisor-options.ts";
import type { Workspace } from "./workspace.ts";

/**
 * Every bound that was asked for above what holds: each layer can only tighten the one below it.
 *
 * @param limits what holds of the whole tree, the defaults included
 */
export function loosened(
  options: SupervisorOptions,
  workspace: Workspace,
  limits: Limits,
): readonly Loosening[] {
  const budget = lowest(options.budget, workspace.budget);
  const holds = { limits, budget };
  return [
    ...looseningsOf("workspace", workspace, holds),
    ...looseningsOf("options", options, holds),
    ...Object.entries(options.agents ?? {}).flatMap(([name, spec]) =>
      looseningsOf(`agents.${name}`, spec, holds),
    ),
  ];
}

/** A bound that a layer asked for and did not get, because a lower one is tighter. */
export interface Loosening {
  /** `options`, or `agents.<name>`. */
  readonly layer: string;
  /** `limits.depth`, `budget.usd`. */
  readonly option: string;
  readonly asked: number;
  /** The bound that holds. */
  readonly holds: number;
}

interface Bounds {
  readonly limits?: Limits;
  readonly budget?: Budget;
}

/** Says which of a layer's bounds are wider than those below it: they have no effect. */
function looseningsOf(layer: string, asks: Bounds, below: Bounds): readonly Loosening[] {
  return (["limits", "budget"] as const).flatMap((group) => {
    const holding = numbers(below[group]);
    return [...numbers(asks[group])].flatMap(([name, asked]): readonly Loosening[] => {
      const holds = holding.get(name);
      if (holds === undefined || asked <= holds) return [];
      return [{ layer, option: `${group}.${name}`, asked, holds }];
    });
  });
}

function lowest(a: Budget = {}, b: Budget = {}): Budget {
  const least = new Map(numbers(a));
  for (const [name, bound] of numbers(b))
    least.set(name, Math.min(bound, least.get(name) ?? bound));
  return Object.fromEntries(least);
}

/** Bounds by name; a share at which to warn is no bound. */
function numbers(bounds: Limits | Budget | undefined): ReadonlyMap<string, number> {
  const { perAction = {}, ...own } = (bounds ?? {}) as Budget;
  const actions = Object.entries(perAction).map(([unit, bound]) => [`perAction.${unit}`, bound]);
  const entries = [...Object.entries(own), ...actions].filter(
    ([name, value]) => typeof value === "number" && name !== "warnAt",
  );
  return new Map(entries as [string, number][]);
}
