import { Deadlines } from "../kernel/deadlines.ts";
import type { LaidGround } from "../kernel/ground.ts";
import { Kernel } from "../kernel/kernel.ts";
import type { Node } from "../kernel/node.ts";
import { type Input, runFor } from "./input.ts";

/** When a run is to be woken; of no account once that is another time. */
interface Wake {
  readonly kernel: Kernel;
  readonly at: number;
}

/**
 * The runs of a supervisor - a top-level agent with all below it - each with a kernel of its own,
 * and whose step is being taken.
 */
export class Runs {
  readonly ground: LaidGround;
  /** Of the supervisor itself, which has no agents: what befalls nobody's run is its step. */
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

  /** Of the step under way, or of the last one. */
  get current(): Kernel {
    return this.#current;
  }

  /** Whose step it is: the path of a top-level agent; undefined for the supervisor's own. */
  get currentPath(): string | undefined {
    return this.#current.tree.run;
  }

  get paths(): Iterable<string> {
    return this.#byPath.keys();
  }

  get all(): Iterable<Kernel> {
    return this.#byPath.values();
  }

  /** Those of whom somebody has lived on a host and does not any more. */
  *thatLeft(host: string): Generator<string> {
    for (const [path, { tree }] of this.#byPath) if (tree.residences.hasLeft(host)) yield path;
  }

  at(path: string): Kernel | undefined {
    return this.#byPath.get(path);
  }

  /** Messages that reached nobody, also of runs that are kept no longer. */
  get deadLetters(): number {
    let sum = this.#lostLetters + this.trunk.tree.deadLetters;
    for (const { tree } of this.all) sum += tree.deadLetters;
    return sum;
  }

  /** A step begins. */
  enter(input: Input): void {
    const path = runFor(input);
    if (input.type === "spawn") this.#current = new Kernel(this.ground);
    else this.#current = this.#runFor(input, path) ?? this.trunk;
  }

  /** The step is over: a run may have begun by it, or be kept no longer. */
  leave(): void {
    const { current } = this;
    const { tree } = current;
    const top = tree.tops[0];
    // What all runs share may wait for something since.
    this.#watch(this.trunk);
    if (top === undefined) return;
    if (tree.kept === 0) return this.#forget(top, current);
    if (!this.#byPath.has(top.path)) this.#byPath.set(top.path, current);
    if (top.end === undefined) this.#watch(current);
    else this.#over(current);
  }

  /** When the next run is to be woken, in milliseconds. */
  get next(): number | undefined {
    return this.#wakes.next;
  }

  /** Those that are to be woken now. */
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

  /** A frame for a run that is over is nobody's. */
  #runFor({ type }: Input, path: string | undefined): Kernel | undefined {
    const kernel = path === undefined ? undefined : this.#byPath.get(path);
    return type === "frame" && kernel?.tree.tops[0]?.end !== undefined ? undefined : kernel;
  }

  /** A frame of somebody who has just left may still be on its way. */
  #over(kernel: Kernel): void {
    kernel.tree.empty();
    this.#wakesAt.delete(kernel);
    this.trunk.tree.residences.inherit(kernel.tree.residences);
  }

  #forget({ path }: Node, kernel: Kernel): void {
    this.#byPath.delete(path);
    this.#lostLetters += kernel.tree.deadLetters;
  }
}
