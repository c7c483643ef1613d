import type { Host } from "../hosts/host.ts";
import type { HostItem, Template } from "../wire/delivery.ts";

interface Parcel {
  readonly host: Host;
  readonly items: HostItem[];
  readonly templates: Template[];
}

/** Collects what a tick has for each host, so that each gets one message. */
export class Outbox {
  readonly #parcels = new Map<string, Parcel>();
  /** Templates that a host knows. */
  readonly #sent = new Map<string, Set<string>>();
  #scheduled = false;

  add(host: Host, item: HostItem, template?: Template): void {
    let parcel = this.#parcels.get(host.id);
    if (parcel === undefined) {
      parcel = { host, items: [], templates: [] };
      this.#parcels.set(host.id, parcel);
    }
    if (template !== undefined && !this.#knows(host.id, template.id))
      parcel.templates.push(template);
    parcel.items.push(item);
    if (this.#scheduled) return;
    this.#scheduled = true;
    // Behind every microtask of this tick, so that tools which answer at once share a message.
    queueMicrotask(() => process.nextTick(() => this.flush()));
  }

  /** Sends everything now. */
  flush(): void {
    this.#scheduled = false;
    const parcels = [...this.#parcels.values()];
    this.#parcels.clear();
    for (const { host, items, templates } of parcels) {
      host.post(templates.length === 0 ? { items } : { items, templates });
    }
  }

  forgetHost(host: string): void {
    this.#parcels.delete(host);
    this.#sent.delete(host);
  }

  #knows(host: string, template: string): boolean {
    const sent = this.#sent.get(host) ?? new Set<string>();
    if (sent.has(template)) return true;
    this.#sent.set(host, sent.add(template));
    return false;
  }
}
