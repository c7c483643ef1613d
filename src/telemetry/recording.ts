import type { EventOf, EventType } from "../wire/event.ts";
import type { ModelSpec } from "../wire/spec.ts";

/** Counts of what lives and waits at a moment, for the gauges. */
export interface Counts {
  readonly agents: { readonly [status: string]: number };
  readonly atWork: number;
  readonly hosts: readonly {
    readonly id: string;
    readonly kind: string;
    readonly state: string;
    readonly agents: number;
  }[];
  readonly queues: { readonly [queue: string]: number };
  readonly mailboxes: number;
  readonly calls: number;
  readonly deadLetters: number;
  readonly servers: readonly { readonly state: string }[];
}

/** The swarm to record, as seen from outside. */
export interface Source {
  listen<Type extends EventType>(type: Type, listener: (event: EventOf<Type>) => void): void;
  stats(): Counts;
}

/** An agent that has just been spawned. */
export interface Born {
  readonly node: { readonly path: string; readonly parent?: { readonly path: string } | undefined };
  readonly resolved: { readonly agent: string; readonly models: readonly ModelSpec[] };
  readonly labels: Readonly<Record<string, string>>;
}

export interface StartedCall {
  readonly callId: string;
  readonly tool: string;
  readonly path: string;
}

/**
 * The recorder. It is called where an operation begins, because events do not carry the context.
 */
export interface Telemetry {
  /** Called where an agent is spawned, so that a run belongs to the span that is active there. */
  spawned(born: Born): void;
  /** Begins a tool call with its span active, so that the tool's own spans are below it. */
  call<Result>(started: StartedCall, begin: () => Result): Result;
  stop(): void;
}
