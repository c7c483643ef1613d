import { createActor } from "xstate";
import { type HostLifeEvent, type HostState, hostMachine } from "../../machines/host.ts";
import { CoppiceError } from "../errors.ts";
import type { Clock } from "../wire/clock.ts";

/** Actions of a host at the turns of its life. */
export interface LifeActions {
  announceStarted(): void;
  announceSuspect(): void;
  terminate(reason: string): void;
  announceStuck(): void;
  announceGone(reason: string): void;
}

/** The running chart of a host's life. */
export interface Life {
  readonly state: HostState;
  readonly living: boolean;
  readonly ready: Promise<void>;
  readonly ended: Promise<void>;
  send(event: HostLifeEvent): void;
}

/** Runs `machines/host.ts` for one host. An event sent after the end has no effect. */
export function startLife(
  hostId: string,
  killMs: number,
  clock: Clock,
  actions: LifeActions,
): Life {
  const ready = Promise.withResolvers<void>();
  const ended = Promise.withResolvers<void>();
  // A start that no caller waits for must not be an unhandled rejection.
  ready.promise.catch(() => undefined);

  // Announced after the step, never within it: a listener opens and ends other hosts, and XState
  // would take errors of their machines for errors of this one's actions.
  const announcements: (() => void)[] = [];
  const tell = (): void => {
    for (let next = announcements.shift(); next !== undefined; next = announcements.shift()) next();
  };

  const actor = createActor(
    hostMachine.provide({
      actions: {
        announceStarted: () => {
          ready.resolve();
          announcements.push(() => actions.announceStarted());
        },
        announceSuspect: () => announcements.push(() => actions.announceSuspect()),
        terminate: ({ context }) => {
          const reason = context.reason ?? "it was terminated";
          ready.reject(
            new CoppiceError("HOST_LOST", `Host ${hostId} ended before it had started: ${reason}`),
          );
          announcements.push(() => actions.terminate(reason));
        },
        announceStuck: () => {
          ended.resolve();
          announcements.push(() => actions.announceStuck());
        },
        announceGone: ({ context }) => {
          const reason = context.reason ?? "it ended";
          ready.reject(
            new CoppiceError("HOST_LOST", `Host ${hostId} ended before it had started: ${reason}`),
          );
          ended.resolve();
          announcements.push(() => actions.announceGone(reason));
        },
      },
    }),
    {
      input: { killMs },
      clock: {
        setTimeout: (run: () => void, delayMs: number) =>
          clock.setTimeout(() => {
            run();
            tell();
          }, delayMs),
        clearTimeout: (timer: unknown) => clock.clearTimeout(timer),
      },
    },
  ).start();

  return {
    ready: ready.promise,
    ended: ended.promise,
    get state() {
      return actor.getSnapshot().value as HostState;
    },
    get living() {
      return actor.getSnapshot().hasTag("living");
    },
    send(event) {
      if (actor.getSnapshot().status === "active") actor.send(event);
      tell();
    },
  };
}
