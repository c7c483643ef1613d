import type { Node } from "../kernel/node.ts";
import type { Clock } from "../wire/clock.ts";

/** The longest that requests hold the supervisor's thread before others have their turn. */
const SLICE_MS = 5;

interface Request {
  readonly node: Node;
}

export interface RequestQueueOptions {
  readonly clock: Clock;
  /** Has the next ones of an agent {@link RequestQueue.take taken}, in a step of its own. */
  readonly step: (node: Node) => void;
  /** {@link RequestQueue.run Runs} it, and contains what that throws. */
  readonly goOn: () => void;
}

/** What one agent has asked for. */
interface Line<Of> {
  readonly requests: Of[];
  /** How many of them were taken. */
  taken: number;
}

/**
 * What agents ask for, taken up in steps of its own: whoever is told of one may end the agent
 * before the next. In slices, since a frame may ask for any number of things.
 *
 * **Guarantees** the requests of one agent are carried out in their order; what one asks for holds
 * up nobody else for longer than a slice.
 */
export class RequestQueue<Of extends Request> {
  readonly #options: RequestQueueOptions;
  /** By agent; those of the first are carried out next. */
  readonly #waiting = new Map<Node, Line<Of>>();
  #isRunning = false;
  #timer: unknown;

  constructor(options: RequestQueueOptions) {
    this.#options = options;
  }

  /** What stands in it: what a snapshot keeps, and what a replay has to come to. */
  get saved(): ReadonlyMap<Node, readonly Of[]> {
    const left = ({ requests, taken }: Line<Of>) => requests.slice(taken);
    return new Map([...this.#waiting].map(([node, line]) => [node, left(line)]));
  }

  add(request: Of): void {
    const line = this.#waiting.get(request.node);
    if (line === undefined) this.#waiting.set(request.node, { requests: [request], taken: 0 });
    else line.requests.push(request);
  }

  /** The next that the agent has asked for, if it fits. */
  take(node: Node, fits?: (request: Of) => boolean): Of | undefined {
    const line = this.#waiting.get(node);
    const request = line?.requests[line.taken];
    if (line === undefined || request === undefined || fits?.(request) === false) return undefined;
    line.taken += 1;
    if (line.taken === line.requests.length) this.#waiting.delete(node);
    return request;
  }

  /** The agent is gone for good: nothing that it has asked for is wanted. */
  drop(node: Node): void {
    this.#waiting.delete(node);
  }

  /** Carries out what waits, for a slice; the rest follows once others have had their turn. */
  run(): void {
    if (this.#isRunning || this.#waiting.size === 0 || this.#timer !== undefined) return;
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
    if (this.#timer !== undefined) this.#options.clock.clearTimeout(this.#timer);
    this.#timer = undefined;
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
        // Over as well where a step could not even begin.
        if (isOver || line.taken === taken) return this.#putBehind(node, line);
      }
    }
  }

  /** The others have their turn first. */
  #putBehind(node: Node, line: Line<Of>): void {
    // It may have had all, and have asked for more since.
    if (this.#waiting.get(node) !== line) return;
    this.#waiting.delete(node);
    this.#waiting.set(node, { requests: line.requests.slice(line.taken), taken: 0 });
  }
}
