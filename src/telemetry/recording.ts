import type { EventOf, EventType } from "../wire/event.ts";
import type { ModelSpec } from "../wire/spec.ts";

/** What lives and waits at a moment: the gauges. */
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

/** What is recorded: a swarm, seen from outside. */
export interface Source {
  listen<Type extends EventType>(type: Type, listener: (event: EventOf<Type>) => void): void;
  stats(): Counts;
}

/** An agent at its birth. */
export interface Born {
  readonly node: { readonly path: string; readonly parent?: { readonly path: string } | undefined };
  readonly plan: { readonly agent: string; readonly models: readonly ModelSpec[] };
  readonly labels: Readonly<Record<string, string>>;
}

export interface StartedCall {
  readonly callId: string;
  readonly tool: string;
  readonly path: string;
}

/** What events alone cannot tell: the context in which something is begun. */
export interface Telemetry {
  /** Called where an agent is spawned, so that a run belongs to what is active there. */
  spawned(born: Born): void;
  /** Begins a tool call with its span active, so that the tool's own spans are below it. */
  call<Result>(started: StartedCall, begin: () => Result): Result;
  stop(): void;
}
