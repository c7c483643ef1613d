import type { DedicatedHost, Host, HostKind } from "../hosts/host.ts";

/** A host in replayed steps: it existed when the steps were taken, and runs nothing now. */
export class AbsentHost implements Host {
  readonly id: string;
  readonly kind: HostKind;
  readonly isolation: DedicatedHost["level"] | undefined;
  readonly state = "gone";
  readonly living = false;
  load = 0;

  constructor(id: string, kind: HostKind, isolation: DedicatedHost["level"] | undefined) {
    this.id = id;
    this.kind = kind;
    this.isolation = isolation;
  }

  post(): void {
    // Dropped: nothing runs on this host.
  }

  terminate(): void {
    // The host has ended already.
  }
}
