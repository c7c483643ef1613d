import type { MessagePort } from "node:worker_threads";
import { type Remote, wrap } from "comlink";
import { CoppiceError } from "../errors.ts";
import type { Clock } from "../wire/clock.ts";
import type { HostControl } from "../wire/control.ts";
import { describe } from "../wire/error-codec.ts";

/**
 * Milliseconds between the closing of a port and blaming the host for it: a thread that dies closes
 * its ports first, and its exit, which has the reason, follows at once.
 */
export const closedMs = 100;

/** Calls into a host, which end even when the host does not answer. */
export interface Control {
  /**
   * Calls the host.
   *
   * **Fails with** `HOST_LOST` when the host ends, its port breaks, or the deadline passes.
   * @param what names the request in an error
   */
  ask<Answer>(
    what: string,
    call: (remote: Remote<HostControl>) => Promise<Answer>,
    deadlineMs: number,
  ): Promise<Answer>;
  /** Lets the process end, or not, although an answer may still come. */
  setRef(isRef: boolean): void;
  /** Rejects every call in flight and every later one. */
  close(reason: string): void;
}

/**
 * Opens the control port of a host.
 *
 * Comlink never rejects a call whose other end has died (its issues 601 and 692), so each call is
 * raced here against the host's end, the port's and a deadline.
 */
export function openControl(port: MessagePort, hostId: string, clock: Clock): Control {
  // Kept until `close`, because Comlink closes the port once its proxy is collected. Released then,
  // because Comlink keeps the port until then, and the port's listeners keep all that they refer
  // to.
  let remote: Remote<HostControl> | undefined = wrap<HostControl>(port);
  const inFlight = new Set<(error: CoppiceError) => void>();
  let lost: string | undefined;
  let closing: unknown;

  const lostWhile = (what: string, reason: string): CoppiceError =>
    new CoppiceError("HOST_LOST", `Host ${hostId} was asked for ${what}, but ${reason}`, {
      host: hostId,
      reason,
    });

  const close = (reason: string): void => {
    if (lost !== undefined) return;
    lost = reason;
    remote = undefined;
    clock.clearTimeout(closing);
    for (const fail of inFlight) fail(lostWhile("an answer", reason));
    inFlight.clear();
    port.close();
  };
  port.on("close", () => {
    if (lost !== undefined) return;
    closing = clock.setTimeout(() => close("it closed its control port"), closedMs);
  });
  port.on("messageerror", () => close("its answer could not be read"));

  return {
    close,
    setRef: (isRef) => (isRef ? port.ref() : port.unref()),
    ask(what, call, deadlineMs) {
      const far = remote;
      if (far === undefined) return Promise.reject(lostWhile(what, lost ?? "it has ended"));
      return new Promise((resolve, reject) => {
        const timer = clock.setTimeout(
          () => settle(() => reject(lostWhile(what, `it did not answer in ${deadlineMs} ms`))),
          deadlineMs,
        );
        const settle = (then: () => void): void => {
          clock.clearTimeout(timer);
          inFlight.delete(reject);
          then();
        };
        inFlight.add((error) => settle(() => reject(error)));
        call(far).then(
          (answer) => settle(() => resolve(answer)),
          (error) => settle(() => reject(error)),
        );
      });
    },
  };
}

/**
 * Makes the first call into a host. Rejects with its error when there is none, once `fail` was
 * given the reason.
 */
export async function firstAnswer(
  control: Control,
  call: (remote: Remote<HostControl>) => Promise<unknown>,
  startMs: number,
  fail: (reason: string) => void,
): Promise<void> {
  try {
    await control.ask("its first answer", call, startMs);
  } catch (error) {
    fail(describe(error));
    throw error;
  }
}
