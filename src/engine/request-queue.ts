import type { Node } from "../kernel/node.ts";
import type { Clock } from "../wire/clock.ts";

/** Milliseconds for which requests may occupy the supervisor's thread at a time. */
const SLICE_MS = 5;

interface Request {
  readonly node: Node;
}

/** The options of a {@link RequestQueue}. */
export interface RequestQueueOptions {
  readonly clock: Clock;
  /** True when a listener could end an agent between two steps. */
  readonly isHeard: () => boolean;
  /** {@link RequestQueue.take Takes} an agent's next requests, in a step of its own. */
  readonly step: (node: Node) => void;
  /** {@link RequestQueue.run Runs} the queue, and contains its errors. */
  readonly goOn: () => void;
}

/** The requests of one agent. */
interface Line<Of> {
  readonly requests: Of[];
  /** The number of requests that were taken. */
  taken: number;
}

/**
 * The requests of agents, taken up in steps of their own, because a listener to one request may end
 * the agent before the next; without any listener, the first one is taken up in the step that made
 * it. They are taken in slices, because a frame may contain any number.
 *
 * **Guarantees** the requests of one agent are carried out in their order. They delay the other
 * agents by one slice at a time.
 */
export class RequestQueue<Of extends Request> {
  readonly #options: RequestQueueOptions;
  readonly #endTick = (): void => {
    this.#spentMs = 0;
  };
  /** The requests by agent; those of the first agent are taken next. */
  readonly #waiting = new Map<Node, Line<Of>>();
  /** The agent whose request was added last in the current step. */
  #latest: Node | undefined;
  #isAtOnce = false;
  #isRunning = false;
  /** The milliseconds that the messages of hosts have taken in this tick of the thread. */
  #spentMs = 0;
  #timer: unknown;
  /** Set while requests wait for the thread's next turn. */
  #later: NodeJS.Immediate | undefined;

  constructor(options: RequestQueueOptions) {
    this.#options = options;
  }

  /** The state that a snapshot keeps and that a replay must reproduce. */
  get saved(): ReadonlyMap<Node, readonly Of[]> {
    const left = ({ requests, taken }: Line<Of>) => requests.slice(taken);
    return new Map([...this.#waiting].map(([node, line]) => [node, left(line)]));
  }

  /** Adds a request behind the earlier ones of its agent. */
  add(request: Of): void {
    const line = this.#waiting.get(request.node);
    if (line === undefined) this.#waiting.set(request.node, { requests: [request], taken: 0 });
    else line.requests.push(request);
    this.#latest = request.node;
  }

  /** Returns the agent for which the current step has added a request; each time once. */
  takeLatest(): Node | undefined {
    const node = this.#latest;
    this.#latest = undefined;
    return node;
  }

  /** True when the step that added a request may carry it out too. */
  mayGoOn(): boolean {
    return this.#timer === undefined && this.#spentMs < SLICE_MS && !this.#options.isHeard();
  }

  /** Counts the time that a message of a host has taken; after a slice, requests wait. */
  spend(ms: number): void {
    if (this.#spentMs === 0) queueMicrotask(() => process.nextTick(this.#endTick));
    this.#spentMs += ms;
  }

  /** Carries out requests within the step that added them. */
  atOnce(carryOut: () => void): void {
    this.#isAtOnce = true;
    try {
      carryOut();
    } finally {
      this.#isAtOnce = false;
    }
  }

  /** True when a call of the agent that has passed the door begins in the step that decided it. */
  beginsAtOnce(node: Node): boolean {
    return this.#isAtOnce && !this.#waiting.has(node);
  }

  /** True when a request of the agent waits. */
  has(node: Node): boolean {
    return this.#waiting.has(node);
  }

  /** Removes and returns the agent's next request, if there is one and it fits. */
  take(node: Node, fits?: (request: Of) => boolean): Of | undefined {
    const line = this.#waiting.get(node);
    const request = line?.requests[line.taken];
    if (line === undefined || request === undefined || fits?.(request) === false) return undefined;
    line.taken += 1;
    if (line.taken === line.requests.length) this.#waiting.delete(node);
    return request;
  }

  /** Drops the requests of an agent that has ended for good, and returns them. */
  drop(node: Node): readonly Of[] {
    const { requests = [], taken = 0 } = this.#waiting.get(node) ?? {};
    this.#waiting.delete(node);
    return requests.slice(taken);
  }

  /** Takes up requests for one slice; the rest follows after the thread's other work. */
  run(): void {
    if (this.#isRunning || this.#waiting.size === 0 || this.#timer !== undefined) return;
    if (this.#spentMs >= SLICE_MS) return this.#goOnLater();
    this.#isRunning = true;
    try {
      this.#slice();
    } finally {
      this.#isRunning = false;
      this.#arm();
    }
  }

  close(): void {
    this.#waiting.clear();
    clearImmediate(this.#later);
    if (this.#timer !== undefined) this.#options.clock.clearTimeout(this.#timer);
    this.#timer = undefined;
  }

  /** Goes on after the thread's other work, whatever the supervisor's clock does meanwhile. */
  #goOnLater(): void {
    this.#later ??= setImmediate(() => {
      this.#later = undefined;
      this.#options.goOn();
    });
  }

  #arm(): void {
    if (this.#waiting.size === 0) return;
    this.#timer = this.#options.clock.setTimeout(() => {
      this.#timer = undefined;
      this.#options.goOn();
    }, 0);
  }

  #slice(): void {
    const { clock, step } = this.#options;
    const until = clock.now() + SLICE_MS;
    for (const [node, line] of this.#waiting) {
      while (this.#waiting.get(node) === line) {
        const { taken } = line;
        step(node);
        const isOver = clock.now() >= until;
        // The slice also ends when a step could not take a request.
        if (isOver || line.taken === taken) return this.#putBehind(node, line);
      }
    }
  }

  /** Puts an agent's requests behind those of the other agents. */
  #putBehind(node: Node, line: Line<Of>): void {
    // All may have been taken, and the agent may have a new line of requests since.
    if (this.#waiting.get(node) !== line) return;
    this.#waiting.delete(node);
    this.#waiting.set(node, { requests: line.requests.slice(line.taken), taken: 0 });
  }
}
