import type { PlacedAlone } from "../hosts/host.ts";
import type { Birth } from "../kernel/node.ts";
import type { HostKind } from "../wire/control.ts";
import type { Template } from "../wire/delivery.ts";
import type { Json } from "../wire/json.ts";
import type { AgentSpec, Budget, Grant, Limits, ModelSpec } from "../wire/spec.ts";

/** All that is decided of an agent before it is spawned: its spec and options made one. */
export interface Plan {
  readonly spec: AgentSpec;
  /** The name of its template, or of the spec it was made from. */
  readonly agent: string;
  /** What a generated name begins with. */
  readonly base: string;
  readonly chosenName: string | undefined;
  readonly template: Template;
  /** Tokens of its instructions and tools, the loop's own left out. */
  readonly preamble: number;
  readonly kind: HostKind;
  /** Where it lives alone; undefined among others. */
  readonly isolation: PlacedAlone | undefined;
  /** Its model and what it falls back on; none where a machine never calls one. */
  readonly models: readonly ModelSpec[];
  /** Grant lists that must all allow. */
  readonly layers: readonly (readonly Grant[])[];
  readonly budgets: readonly Budget[];
  readonly limits: Limits;
  readonly labels: Readonly<Record<string, string>>;
  /** Lists that must all hold a tool: one it is not shown, it may not call. */
  readonly shown: readonly ((tool: string) => boolean)[];
  readonly timeoutMs: number | undefined;
  readonly input: Json | undefined;
}

/** What the kernel must know of the agent. */
export function birthOf({ base, agent, limits, input, spec, timeoutMs }: Plan): Birth {
  const { restart, restartFrom, strategy, intensity } = spec;
  return {
    name: base,
    template: agent,
    limits,
    input: input ?? null,
    loop: spec.machine === undefined,
    lifetime: spec.lifetime ?? "task",
    ...(timeoutMs === undefined ? {} : { timeoutMs }),
    ...(restart === undefined ? {} : { restart }),
    ...(restartFrom === undefined ? {} : { restartFrom }),
    ...(strategy === undefined ? {} : { strategy }),
    ...(intensity === undefined ? {} : { intensity }),
  };
}

/** The tighter of two limits, field by field. */
export function tighterLimits(a: Limits = {}, b: Limits = {}): Limits {
  const both: Record<string, number> = {};
  for (const [name, bound] of [...Object.entries(a), ...Object.entries(b)]) {
    if (bound === undefined) continue;
    both[name] = Math.min(both[name] ?? Number.POSITIVE_INFINITY, bound);
  }
  return both;
}

/** The tighter of two times, where either may be left out. */
export function tighterMs(a: number | undefined, b: number | undefined): number | undefined {
  if (a === undefined || b === undefined) return a ?? b;
  return Math.min(a, b);
}
