import type { HostState } from "./host.ts";
import type { Life } from "./life.ts";

/** The state of a host, from the chart that all kinds of hosts share. */
export abstract class LivingHost {
  load = 0;
  protected abstract readonly life: Life;

  get state(): HostState {
    return this.life.state;
  }

  get living(): boolean {
    return this.life.living;
  }

  get ready(): Promise<void> {
    return this.life.ready;
  }

  get ended(): Promise<void> {
    return this.life.ended;
  }

  terminate(reason: string): void {
    this.life.send({ type: "host.terminated", reason });
  }

  /**
   * Reports an exit; deferred, as a real one would be, and never within the call that opened or
   * terminated the host.
   */
  protected exitWithoutStart(reason: string): void {
    queueMicrotask(() => this.life.send({ type: "host.exited", reason }));
  }
}
