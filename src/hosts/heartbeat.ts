import { url as inspectorUrl } from "node:inspector";
import type { Clock } from "../wire/clock.ts";

export interface HeartbeatOptions {
  /** Milliseconds between two checks. The host beats twice in that time. */
  readonly heartbeatMs: number;
  /** Milliseconds between suspect and condemned, counted in on-time checks: at least one. */
  readonly graceMs: number;
  readonly clock: Clock;
  /** A number that is another one after each beat. */
  readonly readBeat: () => number;
  /** True while a silence means nothing, beside that of a host in a debugger. */
  readonly excused?: () => boolean;
  /** Silent for three checks: it may only be slow. */
  readonly onMissed: () => void;
  /** A beat after all. */
  readonly onSeen: () => void;
  /** Silent for its grace too. Told once; nothing is checked any more. */
  readonly onCondemned: () => void;
}

export interface Heartbeat {
  /** Checks no more. Safe to call twice. */
  stop(): void;
}

/** Silent checks in a row that make a host suspect. */
export const MISSED_MAX = 3;

/**
 * Listens to a host's heart.
 *
 * Elapsed time lies: a laptop that slept, a supervisor that was stopped or busy has missed all
 * beats of healthy hosts. So only checks that come on time count, within half a heartbeat of when
 * they should; a late one counts for nothing, and a beat is a beat whenever it is seen.
 */
export function startHeartbeat(options: HeartbeatOptions): Heartbeat {
  const { heartbeatMs, clock, readBeat } = options;
  const condemnedAt = MISSED_MAX + Math.max(1, Math.ceil(options.graceMs / heartbeatMs));
  let beat = readBeat();
  let missed = 0;
  let dueAt = 0;
  let timer: unknown;
  let stopped = false;

  const isExcused = (): boolean => options.excused?.() === true || inspectorUrl() !== undefined;
  const arm = (): void => {
    dueAt = clock.now() + heartbeatMs;
    timer = clock.setTimeout(check, heartbeatMs);
  };
  const check = (): void => {
    const late = clock.now() - dueAt > heartbeatMs / 2;
    const now = readBeat();
    const beats = now !== beat;
    beat = now;
    if (beats || !(late || isExcused())) count(beats);
    if (stopped) return;
    if (missed < condemnedAt) arm();
    else options.onCondemned();
  };
  const count = (beats: boolean): void => {
    const wasSuspect = missed >= MISSED_MAX;
    missed = beats ? 0 : missed + 1;
    if (beats && wasSuspect) options.onSeen();
    if (missed === MISSED_MAX) options.onMissed();
  };

  arm();
  return {
    stop() {
      stopped = true;
      clock.clearTimeout(timer);
    },
  };
}
