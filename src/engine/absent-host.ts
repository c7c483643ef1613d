import type { Host, HostKind, PlacedAlone } from "../hosts/host.ts";

/** A host of steps that are taken again: it was there then, and nobody is there now. */
export class AbsentHost implements Host {
  readonly id: string;
  readonly kind: HostKind;
  readonly isolation: PlacedAlone["level"] | undefined;
  readonly state = "gone";
  readonly living = false;
  load = 0;

  constructor(id: string, kind: HostKind, isolation: PlacedAlone["level"] | undefined) {
    this.id = id;
    this.kind = kind;
    this.isolation = isolation;
  }

  post(): void {
    // Nobody hears it.
  }

  condemn(): void {
    // It has ended.
  }
}
