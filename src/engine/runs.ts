import { Deadlines } from "../kernel/deadlines.ts";
import type { LaidGround } from "../kernel/ground.ts";
import { Kernel } from "../kernel/kernel.ts";
import type { Node } from "../kernel/node.ts";
import { type Input, runFor } from "./input.ts";

/** The time at which a run is to be woken; void once the run has another time. */
interface Wake {
  readonly kernel: Kernel;
  readonly at: number;
}

/**
 * The runs of a supervisor, and the run of the current step. A run is a top-level agent with all
 * agents below it, and has a kernel of its own.
 */
export class Runs {
  readonly ground: LaidGround;
  /** The kernel of the supervisor itself, without agents; an input to no run is a step of it. */
  readonly trunk: Kernel;
  readonly #byPath = new Map<string, Kernel>();
  readonly #wakes = new Deadlines<Wake>(({ kernel, at }) => this.#wakesAt.get(kernel) === at);
  readonly #wakesAt = new Map<Kernel, number>();
  #current: Kernel;
  #lostLetters = 0;

  constructor(ground: LaidGround) {
    this.ground = ground;
    this.trunk = new Kernel(ground);
    this.#current = this.trunk;
  }

  /** The kernel of the current step, or of the last one. */
  get current(): Kernel {
    return this.#current;
  }

  /** The run of the current step, by its top-level agent's path; undefined for the supervisor's. */
  get currentPath(): string | undefined {
    return this.#current.tree.run;
  }

  get paths(): Iterable<string> {
    return this.#byPath.keys();
  }

  get all(): Iterable<Kernel> {
    return this.#byPath.values();
  }

  /** Returns the paths of the runs of which an agent has left the host. */
  *thatLeft(host: string): Generator<string> {
    for (const [path, { tree }] of this.#byPath) if (tree.locations.hasLeft(host)) yield path;
  }

  at(path: string): Kernel | undefined {
    return this.#byPath.get(path);
  }

  /** The number of undelivered messages, including those of forgotten runs. */
  get deadLetters(): number {
    let sum = this.#lostLetters + this.trunk.tree.deadLetters;
    for (const { tree } of this.all) sum += tree.deadLetters;
    return sum;
  }

  /** Begins a step: selects the run of the input. */
  enter(input: Input): void {
    const path = runFor(input);
    if (input.type === "spawn") this.#current = new Kernel(this.ground);
    else this.#current = this.#runFor(input, path) ?? this.trunk;
  }

  /** Ends a step: adds a run that has begun, and forgets one that is no longer kept. */
  leave(): void {
    const { current } = this;
    const { tree } = current;
    const top = tree.tops[0];
    // The step may have set a deadline of the state that all runs share.
    this.#watch(this.trunk);
    if (top === undefined) return;
    if (tree.kept === 0) return this.#forget(top, current);
    if (!this.#byPath.has(top.path)) this.#byPath.set(top.path, current);
    if (top.end === undefined) this.#watch(current);
    else this.#over(current);
  }

  /** The time at which the next run is to be woken, in milliseconds. */
  get next(): number | undefined {
    return this.#wakes.next;
  }

  /** Removes and returns the kernels that are to be woken now. */
  takeDue(now: number): readonly Kernel[] {
    const due: Kernel[] = [];
    for (const { kernel, at } of this.#wakes.take(now)) {
      if (this.#wakesAt.get(kernel) !== at) continue;
      this.#wakesAt.delete(kernel);
      due.push(kernel);
    }
    return due;
  }

  #watch(kernel: Kernel): void {
    const { next } = kernel.tree;
    const known = this.#wakesAt.get(kernel);
    if (next === undefined || (known !== undefined && known <= next)) return;
    this.#wakesAt.set(kernel, next);
    this.#wakes.add(next, { kernel, at: next });
  }

  /** Returns the run of an input; a frame for a run that has ended belongs to none. */
  #runFor({ type }: Input, path: string | undefined): Kernel | undefined {
    const kernel = path === undefined ? undefined : this.#byPath.get(path);
    return type === "frame" && kernel?.tree.tops[0]?.end !== undefined ? undefined : kernel;
  }

  /**
   * Empties a run that has ended; the hosts that its agents left are kept for frames that are still
   * on the way.
   */
  #over(kernel: Kernel): void {
    kernel.tree.empty();
    this.#wakesAt.delete(kernel);
    this.trunk.tree.locations.inherit(kernel.tree.locations);
  }

  #forget({ path }: Node, kernel: Kernel): void {
    this.#byPath.delete(path);
    this.#lostLetters += kernel.tree.deadLetters;
  }
}
