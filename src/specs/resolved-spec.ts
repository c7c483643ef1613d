import type { DedicatedHost } from "../hosts/host.ts";
import type { ChildSpec } from "../kernel/node.ts";
import type { HostKind } from "../wire/control.ts";
import type { Template } from "../wire/delivery.ts";
import type { Json } from "../wire/json.ts";
import type { AgentSpec, Budget, Grant, Limits, ModelSpec } from "../wire/spec.ts";

/** An agent's spec and spawn options resolved into one, before it is spawned. */
export interface ResolvedSpec {
  readonly spec: AgentSpec;
  /** The name of the template, or of the spec when there is none. */
  readonly agent: string;
  /** The beginning of a generated name. */
  readonly base: string;
  readonly chosenName: string | undefined;
  readonly template: Template;
  /** Tokens of the instructions and tools, without the loop's own. */
  readonly preamble: number;
  readonly kind: HostKind;
  /** The dedicated host of the agent; undefined when it shares a host. */
  readonly isolation: DedicatedHost | undefined;
  /** The model and its fallbacks; empty when a machine never calls a model. */
  readonly models: readonly ModelSpec[];
  /** Grant lists that must all allow. */
  readonly layers: readonly (readonly Grant[])[];
  readonly budgets: readonly Budget[];
  readonly limits: Limits;
  readonly labels: Readonly<Record<string, string>>;
  /** Tests that a tool must all pass to be shown to the agent; it may call no other tool. */
  readonly shown: readonly ((tool: string) => boolean)[];
  readonly timeoutMs: number | undefined;
  readonly input: Json | undefined;
}

/** Returns the child spec that the kernel needs. */
export function childSpecOf({
  base,
  agent,
  limits,
  input,
  spec,
  timeoutMs,
}: ResolvedSpec): ChildSpec {
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

/** Returns the tighter of two limits, field by field. */
export function tighterLimits(a: Limits = {}, b: Limits = {}): Limits {
  const both: Record<string, number> = {};
  for (const [name, bound] of [...Object.entries(a), ...Object.entries(b)]) {
    if (bound === undefined) continue;
    both[name] = Math.min(both[name] ?? Number.POSITIVE_INFINITY, bound);
  }
  return both;
}

/** Returns the tighter of two times; either may be left out. */
export function tighterMs(a: number | undefined, b: number | undefined): number | undefined {
  if (a === undefined || b === undefined) return a ?? b;
  return Math.min(a, b);
}
