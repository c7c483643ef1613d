import type { Host, HostEvent, HostListener } from "../hosts/host.ts";
import type { Blame, Running } from "../kernel/blame.ts";
import type { Effect } from "../kernel/effects.ts";
import { outlive } from "../kernel/ends.ts";
import { isCauseKnown } from "../kernel/moves.ts";
import type { Node } from "../kernel/node.ts";
import type { EventBody, FactType } from "../wire/event.ts";
import type { FromHost } from "../wire/frame.ts";
import { isFromHost } from "../wire/frame-check.ts";
import { NOBODY } from "./containment.ts";
import type { Engine } from "./engine.ts";
import type { Input } from "./input.ts";
import { Prints } from "./prints.ts";

type Lost = Extract<Input, { type: "host-lost" }>;

/** The engine as the loss of a host needs it. */
interface LosingEngine extends Engine {
  readonly modelCalls: {
    readonly jobs: { on(host: string): readonly Node[] };
    onHostLost(host: string): void;
  };
}

/** Terminates a host. If agents outlived their grace on it, those that run now are to blame. */
export function terminate(
  { router, kernel, outside }: Engine,
  { host, reason, outlived }: Extract<Effect, { readonly type: "terminate" }>,
): void {
  const running = outside.look("running", () => router.host(host)?.running ?? []);
  outlive(kernel.tree, outlived ?? [], running);
  outside.update(() => {
    if (outlived === undefined) router.distrust(host);
    else router.force(host, running);
  });
  router.terminate(host, reason);
}

/** Terminates a host and ignores everything that it still sends. */
export function distrustHost(
  { router }: Engine,
  { host, reason }: Extract<Input, { type: "host-distrusted" }>,
): void {
  router.distrust(host);
  router.terminate(host, reason);
}

/** Notifies every run that had agents or jobs on a lost host, once per host. */
export function takeLoss(swarm: LosingEngine, { host, reason, blame }: Lost): void {
  const { router, runs, inbox, kernel, modelCalls } = swarm;
  const outlivedBy = router.forcedAt(host);
  if (!router.forget(host)) return;
  const agents = [...(runs.ground.agentsByHost.get(host) ?? [])];
  const isCaused = outlivedBy !== undefined || isCauseKnown(agents, blame, kernel.tree.now);
  runs.trunk.tree.locations.lose(host, []);
  const all = [...agents, ...modelCalls.jobs.on(host)].map(({ top }) => top.path);
  for (const run of new Set([...all, ...runs.thatLeft(host)])) {
    const how = { host, reason, blame, isCaused, outlivedBy: outlivedBy ?? [] };
    inbox.notify({ type: "home-lost", run, ...how });
  }
}

/** Recovers one run from the loss of a host: its agents and model jobs continue elsewhere. */
export function loseHome(
  { kernel, modelCalls, contained }: LosingEngine,
  { host, reason, blame, isCaused, outlivedBy }: Extract<Input, { type: "home-lost" }>,
): void {
  contained.all(NOBODY, "host-lost", [
    () => outlive(kernel.tree, [], outlivedBy),
    () => kernel.loseHost(host, { reason, blame, isCaused }),
    () => modelCalls.onHostLost(host),
  ]);
}

/** The engine as the messages of hosts need it. */
interface HearingEngine extends Engine {
  readonly requests: { spend(ms: number): void };
}

/** Turns the messages and state changes of hosts into inputs of the engine. */
export class HostEvents implements HostListener {
  readonly prints: Prints;
  readonly #swarm: HearingEngine;

  constructor(swarm: HearingEngine) {
    this.#swarm = swarm;
    this.prints = new Prints(swarm);
  }

  hear(host: Host, event: HostEvent): void {
    switch (event.type) {
      case "frames":
        return this.#frames(host, event.message);
      case "printed":
        return this.prints.ofHost(host, event.print);
      case "started":
        return this.#tell("host.started", { host: host.id, kind: host.kind });
      case "suspect":
        return this.#tell("host.suspect", { host: host.id });
      case "fenced":
        return this.#lose(host, event.reason, event.blame);
      case "stuck":
        this.#tell("host.stuck", { host: host.id });
        return this.#lose(host, "its thread does not end", event.blame);
      case "lost":
        return this.#lost(host, event);
    }
  }

  whoIs({ id }: Host, number: number): Running | undefined {
    const agents = this.#swarm.runs.ground.agentsByHost.get(id) ?? [];
    for (const { path, incarnation } of agents) {
      if (this.#swarm.record(path)?.number === number) return { path, incarnation };
    }
    return undefined;
  }

  #frames(host: Host, message: FromHost): void {
    const { router, inbox, clock, requests } = this.#swarm;
    const { id, kind } = host;
    if (router.isDistrusted(id)) return;
    if (kind === "user-code" && !isFromHost(message)) {
      const reason = "it sent something that is no frame";
      return inbox.post({ type: "host-distrusted", host: id, reason });
    }
    for (const print of message.prints ?? []) this.prints.ofHost(host, print);
    let began = clock.now();
    for (const frame of message.frames) {
      inbox.post({ type: "frame", host: id, frame });
      const now = clock.now();
      requests.spend(now - began);
      began = now;
    }
    for (const report of message.jobs ?? []) inbox.post({ type: "model-report", host: id, report });
  }

  #lost(host: Host, { reason, blame }: Extract<HostEvent, { readonly type: "lost" }>): void {
    if (host.isolation !== undefined && host.soleAgent === undefined) {
      // The host's one agent had left it, so no agent has lost its host.
      return this.#lose(host, reason, blame);
    }
    const cause = blame === undefined ? {} : { cause: blame.cause };
    this.#tell("host.lost", { host: host.id, reason, ...cause });
    this.#lose(host, reason, blame);
  }

  #tell(fact: FactType, body: EventBody): void {
    this.#swarm.inbox.post({ type: "report", fact, path: NOBODY, body });
  }

  #lose({ id }: Host, reason: string, blame: Blame | undefined): void {
    this.prints.forget(id);
    this.#swarm.inbox.post({ type: "host-lost", host: id, reason, blame });
  }
}
