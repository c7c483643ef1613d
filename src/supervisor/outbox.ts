import type { Host } from "../hosts/host.ts";
import type { HostItem, Template, ToHost } from "../wire/delivery.ts";
import { callerOf } from "./containment.ts";

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
  /** Hosts that tell what their actors do; undefined when nobody wants to know. */
  inspected: Set<string> | undefined;
  #scheduled = false;
  readonly #onUnsent: (path: string, thrown: unknown) => void;

  /** @param onUnsent told of whom one item is for that cannot be posted, and why */
  constructor(onUnsent: (path: string, thrown: unknown) => void) {
    this.#onUnsent = onUnsent;
  }

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
      const message = templates.length === 0 ? { items } : { items, templates };
      const whole: ToHost = this.#isFirst(host.id) ? { inspect: true, ...message } : message;
      try {
        host.post(whole);
      } catch {
        this.#postSingly(host, whole);
      }
    }
  }

  /** Something in it cannot be posted: each item by itself, so that it costs whom it is for. */
  #postSingly(host: Host, { items, ...rest }: ToHost): void {
    for (const [index, item] of items.entries()) {
      try {
        host.post(index === 0 ? { ...rest, items: [item] } : { items: [item] });
      } catch (thrown) {
        this.#onUnsent(receiverOf(item), thrown);
      }
    }
  }

  forgetHost(host: string): void {
    this.#parcels.delete(host);
    this.#sent.delete(host);
    this.inspected?.delete(host);
  }

  /** True once for each host, where the supervisor is inspected. */
  #isFirst(host: string): boolean {
    if (this.inspected === undefined || this.inspected.has(host)) return false;
    this.inspected.add(host);
    return true;
  }

  #knows(host: string, template: string): boolean {
    const sent = this.#sent.get(host) ?? new Set<string>();
    if (sent.has(template)) return true;
    this.#sent.set(host, sent.add(template));
    return false;
  }
}

function receiverOf(item: HostItem): string {
  return "path" in item ? item.path : callerOf(item.callId);
}
