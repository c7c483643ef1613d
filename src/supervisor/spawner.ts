import type { Standing } from "../authority/standing.ts";
import { toolSubject } from "../authority/subjects.ts";
import { firstCallOf } from "../calls/first-call.ts";
import { tellRefused } from "../calls/refused-facts.ts";
import { AgentRecord } from "../engine/agent-record.ts";
import type { AgentRecords } from "../engine/agent-records.ts";
import type { EndedAgents } from "../engine/ended-agents.ts";
import type { Engine } from "../engine/engine.ts";
import type { Order } from "../engine/input.ts";
import { CoppiceError } from "../errors.ts";
import type { Node } from "../kernel/node.ts";
import { childSpecOf, type ResolvedSpec } from "../specs/resolved-spec.ts";
import { ShownTools } from "../specs/shown-tools.ts";
import type { Template } from "../wire/delivery.ts";

interface SpawningEngine extends Engine {
  readonly ended: EndedAgents;
}

/** Spawns agents: opens the standing, asks the kernel, and keeps the record. */
export class Spawner {
  readonly #swarm: SpawningEngine;
  readonly #records: AgentRecords;
  readonly #shown = new ShownTools();

  constructor(swarm: SpawningEngine, records: AgentRecords) {
    this.#swarm = swarm;
    this.#records = records;
  }

  /** Spawns a top-level agent. Fails with the refusal. */
  spawnAtRoot({
    spec,
    options,
    resolved,
    aborted,
  }: Extract<Order, { type: "spawn" }>): AgentRecord {
    const { kernel, parts, outside } = this.#swarm;
    const made = resolved ?? parts.registry.resolve(spec, options, outside.isReplay);
    const record = this.spawn(kernel.tree.root, made);
    // Cancelled within the same step, so that the agent never begins.
    if (aborted !== undefined) kernel.end(record.node, { status: "cancelled", reason: aborted });
    return record;
  }

  /** Spawns below a node. Fails with the refusal, after the event `spawn.refused`. */
  spawn(parent: Node, resolved: ResolvedSpec, call?: string): AgentRecord {
    const childSpec = childSpecOf(resolved);
    const { chosenName: chosen } = resolved;
    const standings: Standing[] = [];
    const open = (path: string) => void standings.push(this.#open(path, parent, resolved));
    try {
      const node = this.#swarm.kernel.spawn(parent, childSpec, { open, chosen, call });
      const [standing] = standings as [Standing];
      const labels = { ...this.#records.at(parent.path)?.labels, ...resolved.labels };
      const template = this.#shownTo(standing, resolved);
      const record = new AgentRecord({ node, resolved, standing, template, labels });
      const former = this.#records.at(node.path)?.node;
      // The new agent takes the name, so its predecessor can no longer be reached.
      if (former !== undefined) this.#swarm.ended.release(former);
      this.#records.add(record);
      this.#swarm.parts.telemetry?.spawned(record);
      return record;
    } catch (thrown) {
      if (thrown instanceof CoppiceError) this.refused(parent.path, resolved.agent, thrown);
      throw thrown;
    }
  }

  /** Reports a spawn that was refused. */
  refused(path: string, agent: string, error: CoppiceError): void {
    const { code, message } = error;
    const keeper = this.#swarm.kernel.find(path) ?? this.#swarm.kernel.tree.root;
    tellRefused(this.#swarm, keeper, `spawn ${code}`, {
      type: "spawn.refused",
      path,
      agent,
      code,
      message,
    });
  }

  #shownTo(standing: Standing, { template }: ResolvedSpec): Template {
    const tools = this.#swarm.outside.look("shown", () =>
      template.tools.map(({ subject }) => subject),
    );
    const may = this.#swarm.parts.arbiter.mayEverOf(standing, tools.map(toolSubject));
    const shown = new Set(tools.filter((_tool, at) => may[at]));
    return this.#shown.of(template, (tool) => shown.has(tool));
  }

  #open(path: string, parent: Node, resolved: ResolvedSpec): Standing {
    const above = this.#records.at(parent.path);
    const { layers, budgets, models } = resolved;
    const first = firstCallOf(resolved);
    return this.#swarm.parts.arbiter.open({
      path,
      layers,
      budgets,
      models,
      first,
      parent: above?.standing,
    });
  }
}
