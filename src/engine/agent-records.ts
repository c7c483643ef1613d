import type { Node } from "../kernel/node.ts";
import type { AgentRecord } from "./agent-record.ts";

/** The shell's records of all kept agents, living or ended. */
export class AgentRecords {
  readonly #byPath = new Map<string, AgentRecord>();
  readonly #byNode = new WeakMap<Node, AgentRecord>();

  get all(): Iterable<AgentRecord> {
    return this.#byPath.values();
  }

  /** Returns the record of the agent that has this path now. */
  at(path: string): AgentRecord | undefined {
    return this.#byPath.get(path);
  }

  /** Returns an agent's own record, even when another agent has its path by now. */
  of(node: Node): AgentRecord {
    return this.#byNode.get(node) as AgentRecord;
  }

  add(record: AgentRecord): void {
    this.#byPath.set(record.node.path, record);
    this.#byNode.set(record.node, record);
  }

  forget(node: Node): void {
    if (this.#byPath.get(node.path)?.node === node) this.#byPath.delete(node.path);
  }
}
