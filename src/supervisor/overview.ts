import type { BudgetLine } from "../authority/standing.ts";
import { EventStreams } from "../journal/event-streams.ts";
import type { PendingApproval } from "../wire/approval.ts";
import type { Json } from "../wire/json.ts";
import type { Usage } from "../wire/outcome.ts";
import type { Unit } from "../wire/spec.ts";
import { nodeAt, standingOf } from "./address.ts";
import type { Shutdown } from "./shutdown.ts";
import type { Health, Stats } from "./stats.ts";
import type { Swarm } from "./swarm.ts";
import type { TreeNode } from "./tree-node.ts";
import { healthOf, statsOf, treeOf, type UsageFilter, usageFor } from "./views.ts";

/** The read-only methods of a supervisor; none of them changes any state. */
export abstract class Overview extends EventStreams {
  readonly #swarm: Swarm;
  readonly #shutdown: Shutdown;

  constructor(swarm: Swarm, shutdown: Shutdown) {
    super(swarm.log);
    this.#swarm = swarm;
    this.#shutdown = shutdown;
  }

  /**
   * The address of the inspector's page, with `inspect`; it is open to every reader who has the
   * address.
   */
  get inspectorUrl(): string | undefined {
    return this.#swarm.parts.inspector?.url;
  }

  /** Returns the whole tree as it is now; the number of stopped agents in it is bounded. */
  tree(): TreeNode {
    const tree = treeOf(this.#swarm, this.#swarm.kernel.tree.root);
    const { phase } = this.#shutdown;
    return phase === "running" ? tree : { ...tree, status: phase };
  }

  /** Lists the requests that wait for a person's decision. */
  approvals(): PendingApproval[] {
    return this.#swarm.approvals.list();
  }

  /**
   * Reads a large value that events refer to, by its reference: `{ $value, bytes, head }`.
   *
   * **Guarantees** the value as it was when the event was emitted; every event that can still be
   * read has its values.
   * **Fails with** OPTIONS_INVALID for anything but a reference.
   * @returns undefined for a value that was dropped to make room (`keepMb`), or is unknown
   */
  async value(ref: { readonly $value: string }): Promise<Json | undefined> {
    this.#swarm.parts.checks.value(ref);
    return this.#swarm.log.values.value(ref.$value);
  }

  /**
   * Returns the usage of the whole tree, a subtree, or every agent with a label (`tenant=acme`).
   */
  usage(filter: UsageFilter = {}): Usage {
    return usageFor(this.#swarm, filter, (path) => nodeAt(this.#swarm, path));
  }

  /** Returns the budget of a node: limit, reserved, spent and remaining. `null` is unlimited. */
  budget(path = "/"): Record<Unit, BudgetLine> {
    const standing = standingOf(this.#swarm, path);
    return this.#swarm.look(path, () => this.#swarm.parts.arbiter.budget(standing));
  }

  stats(): Stats {
    return statsOf(this.#swarm);
  }

  health(): Health {
    return healthOf(this.#swarm, this.#shutdown.phase);
  }
}
