import type { LedgerWarning } from "../authority/ledger.ts";
import type { Engine } from "../engine/engine.ts";

/**
 * Reports budgets that have crossed their warning threshold: as events, and as a notice to the
 * model of the agent whose budget it is and to that of the agent that spends it. Returns true when
 * there were any.
 */
export function tellWarnings({ parts, log, kernel }: Engine): boolean {
  const warnings = parts.arbiter.takeWarnings();
  if (warnings.length === 0) return false;
  for (const warning of warnings) {
    const { path, ...told } = warning;
    log.fact("budget.warning", path, told);
    for (const reader of new Set([path, warning.by])) {
      const node = kernel.find(reader);
      if (node !== undefined) kernel.note(node, noteOf(warning));
    }
  }
  return true;
}

/** Returns the notice that a model reads. */
function noteOf({ path, unit, limit, spent, everyMs }: LedgerWarning): string {
  const share = Math.floor((100 * spent) / limit);
  const whose = path === "/" ? "of the whole tree" : `of ${path}`;
  const window = everyMs === undefined ? "" : ` for each ${everyMs / 1_000} s`;
  const budget = `the ${unit} budget ${whose}${window}`;
  return `[budget] ${share} % of ${budget} are spent: ${spent} of ${limit}`;
}
