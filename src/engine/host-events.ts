import type { Host, HostEvent, HostListener } from "../hosts/host.ts";
import type { Blame, Running } from "../kernel/blame.ts";
import type { Effect } from "../kernel/effects.ts";
import { outlive } from "../kernel/ends.ts";
import type { EventBody, FactType } from "../wire/event.ts";
import type { FromHost, JobReport } from "../wire/frame.ts";
import { isFromHost } from "../wire/frame-check.ts";
import { callerOf, NOBODY } from "./containment.ts";
import type { Engine } from "./engine.ts";
import { Prints } from "./prints.ts";

/** Where hosts are heard. */
interface HostEngine extends Engine {
  readonly modelCalls: {
    onJobReport(host: Host, report: JobReport): void;
    onHostLost(host: string): void;
  };
}

/** Ends a host; of those who have outlived their grace there, whoever runs is the one to blame. */
export function condemn(
  { places, kernel }: HostEngine,
  { host, reason, outlived = [] }: Extract<Effect, { readonly type: "condemn" }>,
): void {
  const at = places.host(host);
  outlive(kernel.tree, outlived, at?.running ?? []);
  at?.condemn(reason);
}

/** What hosts say, and what becomes of them, each a step of the engine. */
export class HostEvents implements HostListener {
  readonly prints: Prints;
  readonly #swarm: HostEngine;

  constructor(swarm: HostEngine) {
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
    const { residences } = this.#swarm.kernel.tree;
    for (const { path, incarnation } of residences.of(id)) {
      if (this.#swarm.record(path)?.number === number) return { path, incarnation };
    }
    return undefined;
  }

  #frames(host: Host, message: FromHost): void {
    const { kernel, modelCalls } = this.#swarm;
    const { residences } = kernel.tree;
    if (residences.isDistrusted(host.id)) return;
    if (host.kind === "guest" && !isFromHost(message)) {
      residences.distrust(host.id);
      return host.condemn("it sent something that is no frame");
    }
    for (const print of message.prints ?? []) this.prints.ofHost(host, print);
    for (const frame of message.frames) {
      this.#swarm.act(frame.path, "frame", () => void kernel.commit(host.id, frame));
    }
    for (const report of message.jobs ?? []) {
      const path = callerOf(report.callId);
      this.#swarm.act(path, "model report", () => modelCalls.onJobReport(host, report));
    }
  }

  #lost(host: Host, { reason, blame }: Extract<HostEvent, { readonly type: "lost" }>): void {
    if (host.isolation !== undefined && host.resident === undefined) {
      // Its one agent had left it: nothing is lost.
      return this.#lose(host, reason, blame);
    }
    const cause = blame === undefined ? {} : { cause: blame.cause };
    this.#tell("host.lost", { host: host.id, reason, ...cause });
    this.#lose(host, reason, blame);
  }

  #tell(type: FactType, body: EventBody): void {
    const { contained, log } = this.#swarm;
    contained.run(NOBODY, type, () => log.fact(type, NOBODY, body));
  }

  /** Once for each host, however often it is heard of: its agents have gone on elsewhere. */
  #lose({ id }: Host, reason: string, blame: Blame | undefined): void {
    const { places, modelCalls } = this.#swarm;
    this.prints.forget(id);
    if (!places.forget(id)) return;
    const { contained } = this.#swarm;
    this.#swarm.act(NOBODY, "host lost", (kernel) => {
      contained.all(NOBODY, "host lost", [
        () => kernel.loseHost(id, reason, blame),
        () => modelCalls.onHostLost(id),
      ]);
    });
  }
}
