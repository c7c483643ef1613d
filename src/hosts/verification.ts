import { CoppiceError } from "../errors.ts";
import { describe } from "../wire/error-codec.ts";
import type { HostHandle, ModuleRef } from "./host.ts";

/** Most modules that are remembered as good. */
const MAX_REMEMBERED = 10_000;
/** Hosts that are tried in a row until one starts. */
const MAX_STARTS = 3;
/** Most verifications that wait for their turn. */
const MAX_WAITING = 1_000;

export interface VerifierOptions {
  /** Returns a host without agents; no agent is placed on it until it is given back. */
  readonly borrow: () => HostHandle;
  /** Gives a host back. A `spoilt` one has met a bad module and must not be used again. */
  readonly giveBack: (handle: HostHandle, spoilt: boolean) => void;
  readonly importTimeoutMs: number;
}

export interface Verifier {
  verify(modules: readonly ModuleRef[]): Promise<void>;
}

/**
 * Creates a verifier. It imports modules one after the other on hosts without agents, each only
 * once.
 */
export function createVerifier(options: VerifierOptions): Verifier {
  const good = new Set<string>();
  let turn: Promise<unknown> = Promise.resolve();
  let waiting = 0;

  async function verifyAll(modules: readonly ModuleRef[]): Promise<void> {
    const unknown = modules.filter((module) => !good.has(keyOf(module)));
    if (unknown.length === 0) return;
    const handle = await borrowStarted();
    let spoilt = true;
    try {
      for (const module of unknown) {
        await verifyOne(handle, module, options.importTimeoutMs);
        good.add(keyOf(module));
        const oldest = good.values().next().value;
        if (good.size > MAX_REMEMBERED && oldest !== undefined) good.delete(oldest);
      }
      spoilt = false;
    } finally {
      options.giveBack(handle, spoilt);
    }
  }

  /**
   * Borrows a host and waits for its start. Fails with HOST_LOST after three that did not start,
   * when the pool too reports that hosts cannot be started.
   */
  async function borrowStarted(): Promise<HostHandle> {
    for (let left = MAX_STARTS; ; left -= 1) {
      const handle = options.borrow();
      try {
        await handle.ready;
        return handle;
      } catch (error) {
        options.giveBack(handle, true);
        if (left <= 1) throw error;
      }
    }
  }

  return {
    async verify(modules) {
      if (modules.every((module) => good.has(keyOf(module)))) return;
      if (waiting >= MAX_WAITING) {
        throw new CoppiceError("QUEUE_FULL", `${waiting} module checks are already waiting`);
      }
      waiting += 1;
      const mine = turn.then(() => verifyAll(modules));
      turn = mine.catch(() => undefined);
      await mine.finally(() => {
        waiting -= 1;
      });
    },
  };
}

async function verifyOne(handle: HostHandle, module: ModuleRef, timeoutMs: number): Promise<void> {
  try {
    await handle.check(module, timeoutMs);
  } catch (error) {
    // The error of a module names the module; HOST_LOST does not.
    if (error instanceof CoppiceError && error.code !== "HOST_LOST") throw error;
    throw new CoppiceError(
      module.kind === "machine" ? "MACHINE_INVALID" : "OPTIONS_INVALID",
      `The module ${module.url} could not be imported: ${describe(error)}`,
      { url: module.url, timeoutMs },
      error,
    );
  }
}

function keyOf({ url, kind }: ModuleRef): string {
  return `${kind} ${url}`;
}
