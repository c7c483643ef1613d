import type { BudgetLine } from "../authority/seat.ts";
import { EventStreams } from "../journal/event-streams.ts";
import type { PendingApproval } from "../wire/approval.ts";
import type { Json } from "../wire/json.ts";
import type { Usage } from "../wire/outcome.ts";
import type { Unit } from "../wire/spec.ts";
import { nodeAt, seatOf } from "./address.ts";
import type { Shutdown } from "./shutdown.ts";
import type { Health, Stats } from "./stats.ts";
import type { Swarm } from "./swarm.ts";
import type { TreeNode } from "./tree-node.ts";
import { healthOf, statsOf, treeOf, type UsageFilter, usageFor } from "./views.ts";

/** All that can be seen of a supervisor and its agents, and changes nothing. */
export abstract class Overview extends EventStreams {
  readonly #swarm: Swarm;
  readonly #shutdown: Shutdown;

  constructor(swarm: Swarm, shutdown: Shutdown) {
    super(swarm.log);
    this.#swarm = swarm;
    this.#shutdown = shutdown;
  }

  /** Where the inspector's page is, with `inspect`; whoever knows the address may look. */
  get inspectorUrl(): string | undefined {
    return this.#swarm.parts.inspector?.url;
  }

  /** The whole tree as it is now; stopped agents are kept to a bound. */
  tree(): TreeNode {
    const tree = treeOf(this.#swarm, this.#swarm.kernel.tree.root);
    const { phase } = this.#shutdown;
    return phase === "running" ? tree : { ...tree, status: phase };
  }

  /** What waits for a person to decide. */
  approvals(): PendingApproval[] {
    return this.#swarm.approvals.list();
  }

  /**
   * Reads a large value that events refer to, by its reference: `{ $value, bytes, head }`.
   *
   * **Guarantees** the value as it was when the event was told; every event that can still be read
   * has its values.
   * **Fails with** OPTIONS_INVALID for what is no reference.
   * @returns undefined once it has made room for newer things (`keepMb`), and for an unknown one
   */
  async value(ref: { readonly $value: string }): Promise<Json | undefined> {
    this.#swarm.parts.checks.value(ref);
    return this.#swarm.log.values.value(ref.$value);
  }

  /** What everything, a subtree, or every agent with a label (`tenant=acme`) has used. */
  usage(filter: UsageFilter = {}): Usage {
    return usageFor(this.#swarm, filter, (path) => nodeAt(this.#swarm, path));
  }

  /** Where a node's budget stands. `null` is unlimited. */
  budget(path = "/"): Record<Unit, BudgetLine> {
    const seat = seatOf(this.#swarm, path);
    return this.#swarm.look(path, () => this.#swarm.parts.arbiter.budget(seat));
  }

  stats(): Stats {
    return statsOf(this.#swarm);
  }

  health(): Health {
    return healthOf(this.#swarm, this.#shutdown.phase);
  }
}
