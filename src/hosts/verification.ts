import { CoppiceError } from "../errors.ts";
import { describe } from "../wire/error-codec.ts";
import type { ModuleRef, Place } from "./host.ts";

/** Modules remembered as good. */
const rememberedMax = 10_000;
/** Hosts of which one must start, in a row. */
const STARTS_TRIED = 3;
/** Verifications that may wait for their turn. */
const waitingMax = 1_000;

export interface VerifierOptions {
  /** A place that hosts nobody, held back from placement until it is given back. */
  readonly borrow: () => Place;
  /** `spoilt` places have met a bad module and must not be used again. */
  readonly giveBack: (place: Place, spoilt: boolean) => void;
  readonly importTimeoutMs: number;
}

export interface Verifier {
  verify(modules: readonly ModuleRef[]): Promise<void>;
}

/** Imports modules one after the other where they can hurt nobody, each only once. */
export function createVerifier(options: VerifierOptions): Verifier {
  const good = new Set<string>();
  let turn: Promise<unknown> = Promise.resolve();
  let waiting = 0;

  async function verifyAll(modules: readonly ModuleRef[]): Promise<void> {
    const unknown = modules.filter((module) => !good.has(keyOf(module)));
    if (unknown.length === 0) return;
    const place = await borrowStarted();
    let spoilt = true;
    try {
      for (const module of unknown) {
        await verifyOne(place, module, options.importTimeoutMs);
        good.add(keyOf(module));
        const oldest = good.values().next().value;
        if (good.size > rememberedMax && oldest !== undefined) good.delete(oldest);
      }
      spoilt = false;
    } finally {
      options.giveBack(place, spoilt);
    }
  }

  /** Fails with HOST_LOST as soon as nobody else would wait for a host any longer either. */
  async function borrowStarted(): Promise<Place> {
    for (let left = STARTS_TRIED; ; left -= 1) {
      const place = options.borrow();
      try {
        await place.ready;
        return place;
      } catch (error) {
        options.giveBack(place, true);
        if (left <= 1) throw error;
      }
    }
  }

  return {
    async verify(modules) {
      if (modules.every((module) => good.has(keyOf(module)))) return;
      if (waiting >= waitingMax) {
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

async function verifyOne(place: Place, module: ModuleRef, timeoutMs: number): Promise<void> {
  try {
    await place.check(module, timeoutMs);
  } catch (error) {
    // What a host says of a module names the module; what befell the host does not.
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
