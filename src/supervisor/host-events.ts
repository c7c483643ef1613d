import type { Host, HostEvents } from "../hosts/host.ts";
import type { Blame, Running } from "../kernel/blame.ts";
import type { Effect } from "../kernel/effects.ts";
import { outlive } from "../kernel/ends.ts";
import type { FromHost } from "../wire/frame.ts";
import { isFromHost } from "../wire/frame-check.ts";
import type { Swarm } from "./swarm.ts";

/** Ends a host; of those who have outlived their grace there, whoever runs is the one to blame. */
export function condemn(
  { places, kernel }: Swarm,
  { host, reason, outlived = [] }: Extract<Effect, { readonly type: "condemn" }>,
): void {
  const at = places.host(host);
  outlive(kernel.tree, outlived, at?.running ?? []);
  at?.condemn(reason);
}

/** What hosts say, and what becomes of them, each a step of the swarm. */
export class HostListener implements HostEvents {
  readonly #swarm: Swarm;

  constructor(swarm: Swarm) {
    this.#swarm = swarm;
  }

  onFrames(host: Host, message: FromHost): void {
    const { kernel, modelCalls } = this.#swarm;
    const { residences } = kernel.tree;
    if (residences.isDistrusted(host.id)) return;
    if (host.kind === "guest" && !isFromHost(message)) {
      residences.distrust(host.id);
      return host.condemn("it sent something that is no frame");
    }
    for (const frame of message.frames) this.#swarm.step(() => kernel.commit(host.id, frame));
    for (const report of message.jobs ?? []) {
      this.#swarm.step(() => modelCalls.onJobReport(host, report));
    }
  }

  onStarted({ id: host, kind }: Host): void {
    this.#swarm.log.fact("host.started", "/", { host, kind });
  }

  onSuspect({ id: host }: Host): void {
    this.#swarm.log.fact("host.suspect", "/", { host });
  }

  onFenced(host: Host, reason: string, blame?: Blame): void {
    this.#lose(host, reason, blame);
  }

  onStuck(host: Host, blame?: Blame): void {
    this.#swarm.log.fact("host.stuck", "/", { host: host.id });
    this.#lose(host, "its thread does not end", blame);
  }

  onLost(host: Host, reason: string, blame?: Blame): void {
    if (host.isolation !== undefined && host.resident === undefined) {
      // Its one agent had left it: nothing is lost.
      return this.#lose(host, reason, blame);
    }
    const cause = blame === undefined ? {} : { cause: blame.cause };
    this.#swarm.log.fact("host.lost", "/", { host: host.id, reason, ...cause });
    this.#lose(host, reason, blame);
  }

  whoIs({ id }: Host, number: number): Running | undefined {
    const { residences } = this.#swarm.kernel.tree;
    for (const { path, incarnation } of residences.of(id)) {
      if (this.#swarm.record(path)?.number === number) return { path, incarnation };
    }
    return undefined;
  }

  /** Once for each host, however often it is heard of: its agents have gone on elsewhere. */
  #lose({ id }: Host, reason: string, blame: Blame | undefined): void {
    const { places, modelCalls } = this.#swarm;
    if (!places.forget(id)) return;
    this.#swarm.step((kernel) => {
      kernel.loseHost(id, reason, blame);
      modelCalls.onHostLost(id);
    });
  }
}
