import type { AnyActorRef } from "xstate";
import { isCallLogic } from "../door/call-logic.ts";

/** Fields that may be read from any actor's snapshot, whatever its logic. */
interface Reading {
  readonly status?: string;
  readonly children?: Readonly<Record<string, AnyActorRef>>;
}

/**
 * True while an actor below a machine works on this host: a promise, a callback, an observable.
 * Calls through the door run elsewhere; machines and reducers only wait for events.
 */
export function isMachineWorking(snapshot: Reading): boolean {
  if (snapshot.status !== "active") return false;
  return Object.values(snapshot.children ?? {}).some((child) => {
    const reading: Reading = child.getSnapshot() ?? {};
    if ("children" in reading) return isMachineWorking(reading);
    const reducer = "context" in reading && !("input" in reading);
    return reading.status === "active" && !reducer && !isCallLogic(logicOf(child));
  });
}

function logicOf(actor: AnyActorRef): { readonly config?: unknown } {
  return (actor as unknown as { readonly logic?: { readonly config?: unknown } }).logic ?? {};
}
