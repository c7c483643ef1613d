import { createActor } from "xstate";
import { type HostLifeEvent, type HostState, hostMachine } from "../../machines/host.ts";
import { CoppiceError } from "../errors.ts";
import type { Clock } from "../wire/clock.ts";

/** What a host does at the turns of its life. */
export interface LifeActions {
  announceStarted(): void;
  announceSuspect(): void;
  terminate(reason: string): void;
  announceStuck(): void;
  announceGone(reason: string): void;
}

/** The chart of a host's life, running. */
export interface Life {
  readonly state: HostState;
  readonly living: boolean;
  readonly ready: Promise<void>;
  readonly ended: Promise<void>;
  send(event: HostLifeEvent): void;
}

/** Runs `machines/host.ts` for one host. What is sent after the end has no effect. */
export function startLife(
  hostId: string,
  killMs: number,
  clock: Clock,
  actions: LifeActions,
): Life {
  const ready = Promise.withResolvers<void>();
  const ended = Promise.withResolvers<void>();
  // Nobody needs to wait for a start.
  ready.promise.catch(() => undefined);

  // Told behind the step, never within it: who hears of it opens and ends other hosts, and XState
  // takes the machines of those for faults of this one's actions.
  const told: (() => void)[] = [];
  const tell = (): void => {
    for (let next = told.shift(); next !== undefined; next = told.shift()) next();
  };

  const actor = createActor(
    hostMachine.provide({
      actions: {
        announceStarted: () => {
          ready.resolve();
          told.push(() => actions.announceStarted());
        },
        announceSuspect: () => told.push(() => actions.announceSuspect()),
        terminate: ({ context }) => {
          const reason = context.reason ?? "it was condemned";
          ready.reject(
            new CoppiceError("HOST_LOST", `Host ${hostId} ended before it had started: ${reason}`),
          );
          told.push(() => actions.terminate(reason));
        },
        announceStuck: () => {
          ended.resolve();
          told.push(() => actions.announceStuck());
        },
        announceGone: ({ context }) => {
          const reason = context.reason ?? "it ended";
          ready.reject(
            new CoppiceError("HOST_LOST", `Host ${hostId} ended before it had started: ${reason}`),
          );
          ended.resolve();
          told.push(() => actions.announceGone(reason));
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
