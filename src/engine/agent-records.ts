import type { Node } from "../kernel/node.ts";
import type { AgentRecord } from "./agent-record.ts";

/** What the shell holds of each agent that is kept, living or ended. */
export class AgentRecords {
  readonly #byPath = new Map<string, AgentRecord>();
  readonly #byNode = new WeakMap<Node, AgentRecord>();

  get all(): Iterable<AgentRecord> {
    return this.#byPath.values();
  }

  /** Of the agent that has this path now. */
  at(path: string): AgentRecord | undefined {
    return this.#byPath.get(path);
  }

  /** An agent's own, also where another one has its path by now. */
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
