import type { HostState } from "./host.ts";
import type { Life } from "./life.ts";

/** What every host shows of its life: all of them live by the one chart. */
export abstract class LivingPlace {
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

  condemn(reason: string): void {
    this.life.send({ type: "host.condemned", reason });
  }
}
