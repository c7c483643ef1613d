import { OldestFirst } from "../wire/oldest-first.ts";

/** A lane of a slot queue: agents that are woken, or spawns that wait to be started. */
export type SlotLane = "waker" | "spawn";

/** The lanes in the order of service: wakers before spawns. */
const LANES = ["waker", "spawn"] as const;

/** The nodes that wait at one full node. Within a lane, top-level runs are served in turn. */
export class SlotQueue<Waiting extends { readonly top: Waiting }> {
  /** Nodes by lane and run. Allocated when the first node waits; most nodes never need it. */
  #lanes: Readonly<Record<SlotLane, OldestFirst<Waiting, Waiting[]>>> | undefined;

  /** The state that a snapshot keeps and that a replay must reproduce. */
  get saved(): object {
    if (this.#lanes === undefined) return {};
    return { waker: new Map(this.#lanes.waker), spawn: new Map(this.#lanes.spawn) };
  }

  push(node: Waiting, lane: SlotLane): void {
    this.#lanes ??= { waker: new OldestFirst(), spawn: new OldestFirst() };
    const line = this.#lanes[lane].get(node.top);
    if (line === undefined) this.#lanes[lane].set(node.top, [node]);
    else line.push(node);
  }

  /** Removes and returns the next node, from each top-level run in turn. */
  shift(): { readonly node: Waiting; readonly lane: SlotLane } | undefined {
    if (this.#lanes === undefined) return undefined;
    for (const lane of LANES) {
      const runs = this.#lanes[lane];
      const top = runs.oldest;
      if (top === undefined) continue;
      const line = runs.take(top) as Waiting[];
      const node = line.shift() as Waiting;
      if (line.length > 0) runs.set(top, line);
      return { node, lane };
    }
    return undefined;
  }

  remove(node: Waiting): void {
    if (this.#lanes === undefined) return;
    for (const lane of LANES) {
      const line = this.#lanes[lane].get(node.top);
      const at = line?.indexOf(node) ?? -1;
      if (line === undefined || at === -1) continue;
      if (line.length === 1) this.#lanes[lane].take(node.top);
      else line.splice(at, 1);
    }
  }

  get size(): number {
    let size = 0;
    for (const lane of Object.values(this.#lanes ?? {})) {
      for (const [, line] of lane) size += line.length;
    }
    return size;
  }
}
