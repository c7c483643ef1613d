import { url as inspectorUrl } from "node:inspector";
import type { Clock } from "../wire/clock.ts";

export interface HeartbeatOptions {
  /** Milliseconds between two checks. The host beats twice in that time. */
  readonly heartbeatMs: number;
  /** Milliseconds from suspicion to termination, counted in on-time checks: at least one. */
  readonly graceMs: number;
  readonly clock: Clock;
  /** Returns a number that changes with each beat. */
  readonly readBeat: () => number;
  /**
   * Returns true while silence means nothing. A debugger on this process excuses silence by itself.
   */
  readonly excused?: () => boolean;
  /** Called after three silent checks: the host may only be slow. */
  readonly onMissed: () => void;
  /** Called when a suspect host beats again. */
  readonly onSeen: () => void;
  /** Called once, when the host was silent for its grace too. No checks follow. */
  readonly onSilent: () => void;
}

export interface Heartbeat {
  /** Ends the checks. Safe to call twice. */
  stop(): void;
}

/** Silent checks in a row that make a host suspect. */
export const MAX_MISSED = 3;

/**
 * Checks a host's heartbeat.
 *
 * Elapsed time misleads: after a laptop slept, or a supervisor was stopped or busy, healthy hosts
 * seem to have missed all their beats. So only checks that come on time count, within half a
 * heartbeat of their due time. A late check does not count as silence, and a beat counts whenever
 * it is seen.
 */
export function startHeartbeat(options: HeartbeatOptions): Heartbeat {
  const { heartbeatMs, clock, readBeat } = options;
  const terminatedAt = MAX_MISSED + Math.max(1, Math.ceil(options.graceMs / heartbeatMs));
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
    if (missed < terminatedAt) arm();
    else options.onSilent();
  };
  const count = (beats: boolean): void => {
    const wasSuspect = missed >= MAX_MISSED;
    missed = beats ? 0 : missed + 1;
    if (beats && wasSuspect) options.onSeen();
    if (missed === MAX_MISSED) options.onMissed();
  };

  arm();
  return {
    stop() {
      stopped = true;
      clock.clearTimeout(timer);
    },
  };
}
