import type { Budget, Limits } from "../wire/spec.ts";
import type { FolderBounds } from "./folder-bounds.ts";
import type { SupervisorOptions } from "./supervisor-options.ts";

/**
 * Lists every bound that a layer sets above the one in force: each layer can only tighten the one
 * below it.
 *
 * @param limits the limits in force for the whole tree, the defaults included
 */
export function ineffectiveOptions(
  options: SupervisorOptions,
  folder: FolderBounds,
  limits: Limits,
): readonly IneffectiveOption[] {
  const budget = lowest(options.budget, folder.budget);
  const holds = { limits, budget };
  return [
    ...ineffectiveOf("folder", folder, holds),
    ...ineffectiveOf("options", options, holds),
    ...Object.entries(options.agents ?? {}).flatMap(([name, spec]) =>
      ineffectiveOf(`agents.${name}`, spec, holds),
    ),
  ];
}

/** A bound that a layer sets without effect, because a lower layer is tighter. */
export interface IneffectiveOption {
  /** The layer: `folder`, `options`, or `agents.<name>`. */
  readonly layer: string;
  /** The name of the bound, such as `limits.depth` or `budget.usd`. */
  readonly option: string;
  readonly asked: number;
  /** The bound in force. */
  readonly holds: number;
}

interface Bounds {
  readonly limits?: Limits;
  readonly budget?: Budget;
}

/** Lists the bounds of one layer that are wider than those below it. */
function ineffectiveOf(layer: string, asks: Bounds, below: Bounds): readonly IneffectiveOption[] {
  return (["limits", "budget"] as const).flatMap((group) => {
    const holding = numbers(below[group]);
    return [...numbers(asks[group])].flatMap(([name, asked]): readonly IneffectiveOption[] => {
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

/** Returns bounds by name, without `warnAt`, which is a share and not a bound. */
function numbers(bounds: Limits | Budget | undefined): ReadonlyMap<string, number> {
  const { perAction = {}, ...own } = (bounds ?? {}) as Budget;
  const actions = Object.entries(perAction).map(([unit, bound]) => [`perAction.${unit}`, bound]);
  const entries = [...Object.entries(own), ...actions].filter(
    ([name, value]) => typeof value === "number" && name !== "warnAt",
  );
  return new Map(entries as [string, number][]);
}
