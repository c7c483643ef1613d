import { CoppiceError } from "../errors.ts";
import type { CallResult } from "../wire/delivery.ts";
import type { ModelJob, Out } from "../wire/frame.ts";
import type { Json } from "../wire/json.ts";

type Without<Type extends Out["type"]> =
  Extract<Out, { readonly type: Type }> extends infer Asked
    ? Asked extends Out
      ? Omit<Asked, "callId">
      : never
    : never;

/** What goes out through the door, before the host numbers it. */
export type DoorRequest =
  | Without<"tool">
  | Without<"spawn">
  | Without<"send">
  | Without<"ask">
  | Without<"watch">
  | Without<"wait">
  | Without<"cancel">
  | Without<"question">
  | { readonly type: "model"; readonly job: ModelJob };

/** What a host gives to each machine that it runs. */
export interface HostDoor {
  /** Asks, and says under which `callId` the result will come. */
  call(request: DoorRequest, settle: (result: CallResult) => void): string;
  /** Waits again for a call that was asked for before the machine was moved. */
  attach(callId: string, settle: (result: CallResult) => void): void;
  /** The caller has gone: its result will be dropped. */
  detach(callId: string): void;
  reply(value: Json): void;
}

/**
 * Where a host keeps its door in an actor system. A machine module may resolve another copy of
 * this package than the host did, so the two meet by a registered symbol, never in a module.
 */
const key = Symbol.for("coppice.door.1");

interface Doorway {
  [key]?: HostDoor;
}

/** Opens the door to every actor of the system. */
export function openDoor(system: object, door: HostDoor): void {
  (system as Doorway)[key] = door;
}

/** The door of the host that runs this actor system. */
export function doorOf(system: object, caller: string): HostDoor {
  const door = (system as Doorway)[key];
  if (door !== undefined) return door;
  throw new CoppiceError(
    "MACHINE_INVALID",
    `${caller} was used outside of Coppice: the machine was started with createActor. ` +
      "Spawn it with Supervisor.spawn({ machine: url }).",
    { caller },
  );
}
