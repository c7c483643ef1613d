export type SlotLane = "waker" | "spawn";

/** Wakers before spawns. */
const LANES = ["waker", "spawn"] as const;

/** Nodes that wait at one full ancestor; top-level runs are served in turn within a lane. */
export class SlotQueue<Waiting extends { readonly top: Waiting }> {
  /** By lane, then by top-level run; made when somebody waits: at most nodes nobody ever does. */
  #lanes: Readonly<Record<SlotLane, Map<Waiting, Waiting[]>>> | undefined;

  /** What stands in it: what a snapshot keeps, and what a replay has to come to. */
  get saved(): object {
    return { ...this.#lanes };
  }

  push(node: Waiting, lane: SlotLane): void {
    this.#lanes ??= { waker: new Map(), spawn: new Map() };
    const line = this.#lanes[lane].get(node.top);
    if (line === undefined) this.#lanes[lane].set(node.top, [node]);
    else line.push(node);
  }

  /** Takes the next: of each top-level run in turn. */
  shift(): { readonly node: Waiting; readonly lane: SlotLane } | undefined {
    if (this.#lanes === undefined) return undefined;
    for (const lane of LANES) {
      for (const [top, line] of this.#lanes[lane]) {
        const node = line.shift() as Waiting;
        this.#lanes[lane].delete(top);
        if (line.length > 0) this.#lanes[lane].set(top, line);
        return { node, lane };
      }
    }
    return undefined;
  }

  remove(node: Waiting): void {
    if (this.#lanes === undefined) return;
    for (const lane of LANES) {
      const line = this.#lanes[lane].get(node.top);
      const at = line?.indexOf(node) ?? -1;
      if (line === undefined || at === -1) continue;
      if (line.length === 1) this.#lanes[lane].delete(node.top);
      else line.splice(at, 1);
    }
  }

  get size(): number {
    let size = 0;
    for (const lane of Object.values(this.#lanes ?? {})) {
      for (const line of lane.values()) size += line.length;
    }
    return size;
  }
}
