import type { Arbiter } from "../authority/arbiter.ts";
import type { RateOptions } from "../authority/rates.ts";
import type { Hosts } from "../hosts/hosts.ts";
import type { Inspector } from "../inspect/inspector.ts";
import type { Telemetry } from "../telemetry/telemetry.ts";
import type { Toolbox } from "../tools/toolbox.ts";
import type { Clock } from "../wire/clock.ts";
import type { Intensity, Limits } from "../wire/spec.ts";
import type { ApprovalOptions } from "./approvals.ts";
import type { BreakerOptions } from "./circuit-breaker.ts";
import type { EventLog } from "./event-log.ts";
import type { Registry } from "./registry.ts";

export interface SwarmOptions extends ApprovalOptions {
  readonly clock: Clock;
  readonly log: EventLog;
  readonly limits: Limits;
  readonly graceMs: number;
  readonly intensity?: Intensity | undefined;
  /** From 0 to below 1, for the jitter of restarts. */
  readonly chance: () => number;
  readonly rates?: RateOptions | undefined;
  readonly breaker?: BreakerOptions | false | undefined;
}

/** What the swarm works with; given once everything has started. */
export interface SwarmParts {
  readonly arbiter: Arbiter;
  readonly hosts: Hosts;
  readonly toolbox: Toolbox;
  readonly registry: Registry;
  /** Where OpenTelemetry listens. */
  readonly telemetry?: Telemetry | undefined;
  readonly inspector?: Inspector | undefined;
}
