import type { HostKind } from "../wire/control.ts";

const INITIAL_FLAGS = 1024;
const MAX_FLAGS = 16 * 1024 * 1024;

/**
 * The cancel flags: one shared flag per living agent. The supervisor sets it before it announces a
 * cancel, and the agent's host reads it right before it starts an effect, so that a permit in
 * flight is not acted on.
 *
 * Each kind of host has its own flags. User code can write into the flags that it is given, and
 * must not be able to silence an agent on a library host.
 */
export class CancelFlags {
  /** The shared memory of the flags; every host sees it grow with the number of agents. */
  readonly buffers: Readonly<Record<HostKind, SharedArrayBuffer>> = {
    library: flagBuffer(),
    "user-code": flagBuffer(),
  };
  readonly #views = Object.values(this.buffers).map((buffer) => new Int32Array(buffer));
  readonly #free: number[] = [];
  #used = 0;

  /** The state that a snapshot keeps and that a replay must reproduce. */
  get saved(): object {
    return { free: this.#free, used: this.#used };
  }

  /** Returns the index of a free flag, which is cleared. */
  take(): number {
    const cancelFlag = this.#free.pop() ?? this.#takeNew();
    this.#store(cancelFlag, 0);
    return cancelFlag;
  }

  set(cancelFlag: number): void {
    this.#store(cancelFlag, 1);
  }

  /** Gives a flag back, for another agent. */
  give(cancelFlag: number): void {
    this.#free.push(cancelFlag);
  }

  #takeNew(): number {
    for (const buffer of Object.values(this.buffers)) {
      if (this.#used * 4 === buffer.byteLength) buffer.grow(buffer.byteLength * 2);
    }
    this.#used += 1;
    return this.#used - 1;
  }

  #store(cancelFlag: number, value: 0 | 1): void {
    for (const view of this.#views) Atomics.store(view, cancelFlag, value);
  }
}

function flagBuffer(): SharedArrayBuffer {
  return new SharedArrayBuffer(INITIAL_FLAGS * 4, { maxByteLength: MAX_FLAGS * 4 });
}
