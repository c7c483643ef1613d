import type { Arbiter } from "../authority/arbiter.ts";
import type { Hosts } from "../hosts/hosts.ts";
import type { Inspector } from "../inspect/inspector.ts";
import type { OptionChecks } from "../specs/option-checks.ts";
import type { Registry } from "../specs/registry.ts";
import type { Telemetry } from "../telemetry/recording.ts";
import type { Toolbox } from "../tools/toolbox.ts";

/** The components that the swarm works with, given once everything has started. */
export interface Parts {
  readonly arbiter: Arbiter;
  readonly hosts: Hosts;
  readonly toolbox: Toolbox;
  readonly registry: Registry;
  readonly checks: OptionChecks;
  /** The recording for OpenTelemetry, when it is used. */
  readonly telemetry?: Telemetry | undefined;
  readonly inspector?: Inspector | undefined;
  /** The budget actor and the capability actor, when they are inspected. */
  readonly sharedActors?: { close(): void } | undefined;
}
