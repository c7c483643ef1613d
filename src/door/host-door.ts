import { CoppiceError } from "../errors.ts";
import type { CallResult } from "../wire/delivery.ts";
import type { Command, ModelJob } from "../wire/frame.ts";
import type { Json } from "../wire/json.ts";
import type { MessageInput } from "./message-input.ts";

type Without<Type extends Command["type"]> =
  Extract<Command, { readonly type: Type }> extends infer Asked
    ? Asked extends Command
      ? Omit<Asked, "callId">
      : never
    : never;

/** A request through the door, before the host gives it an id. */
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

/** The door that a host gives to each machine that it runs. */
export interface HostDoor {
  /** Makes a call; returns the `callId` of its result. */
  call(request: DoorRequest, settle: (result: CallResult) => void): string;
  /** Waits again for a call that was made before the machine was moved. */
  attach(callId: string, settle: (result: CallResult) => void): void;
  /** Stops waiting for a call; its result is dropped. */
  detach(callId: string): void;
  reply(value: Json): void;
  /** Sends a message; a refusal becomes the event `send.refused` of the root machine. */
  send(message: MessageInput): void;
}

/**
 * Key of a host's door in an actor system. A machine module may resolve another copy of this
 * package than the host, so the two meet at a registered symbol and not in a module.
 */
const key = Symbol.for("coppice.door.1");

interface Doorway {
  [key]?: HostDoor;
}

/** Opens the door to every actor of the system. */
export function openDoor(system: object, door: HostDoor): void {
  (system as Doorway)[key] = door;
}

/**
 * Returns the door of the host that runs this actor system.
 *
 * **Fails with** MACHINE_INVALID when no host runs it.
 */
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
