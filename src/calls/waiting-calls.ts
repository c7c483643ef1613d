import type { Engine } from "../engine/engine.ts";
import { keyOf, type Node } from "../kernel/node.ts";

/** The model calls whose reservation waits, with their agents; a notice resumes each. */
export class WaitingCalls {
  readonly #swarm: Engine;
  readonly #callers = new Map<string, Node>();

  constructor(swarm: Engine) {
    this.#swarm = swarm;
  }

  get callers(): ReadonlyMap<string, Node> {
    return this.#callers;
  }

  add(callId: string, node: Node): void {
    this.#callers.set(callId, node);
  }

  /** Removes a waiting call and returns its agent; undefined when it did not wait. */
  take(callId: string): Node | undefined {
    const node = this.#callers.get(callId);
    this.#callers.delete(callId);
    return node;
  }

  /** Notifies the runs of the calls whose turn has come. */
  readonly notice = (): void => {
    if (this.#callers.size === 0) return;
    const { parts, inbox } = this.#swarm;
    for (const { callId } of parts.arbiter.takeWoken()) {
      const node = this.#callers.get(callId);
      if (node !== undefined) inbox.notify({ type: "turn", agent: keyOf(node), callId });
    }
  };
}
