import { callerOf } from "../../machines/run-of.ts";
import type { Host } from "../hosts/host.ts";
import type { HostItem, Template, ToHost } from "../wire/delivery.ts";

interface Parcel {
  readonly host: Host;
  readonly items: HostItem[];
  readonly templates: Template[];
  /** Ids of templates that the host is not to keep any longer. */
  readonly forget: Set<string>;
}

/**
 * Told of an agent for which one item cannot be posted, and why.
 *
 * @param isPlacing it was to be placed by that, and so is not there
 */
export type OnUnsent = (path: string, thrown: unknown, isPlacing: boolean) => void;

/** Templates that a host keeps: those that were used last. */
const TEMPLATES_KEPT = 256;

/** Collects what a tick has for each host, so that each gets one message. */
export class Outbox {
  readonly #parcels = new Map<string, Parcel>();
  /** Templates that a host knows, the one that was used last as the last. */
  readonly #sent = new Map<string, Set<string>>();
  /** Hosts that tell what their actors do; undefined when nobody wants to know. */
  inspected: Set<string> | undefined;
  #scheduled = false;
  readonly #onUnsent: OnUnsent;

  constructor(onUnsent: OnUnsent) {
    this.#onUnsent = onUnsent;
  }

  add(host: Host, item: HostItem, template?: Template): void {
    let parcel = this.#parcels.get(host.id);
    if (parcel === undefined) {
      parcel = { host, items: [], templates: [], forget: new Set() };
      this.#parcels.set(host.id, parcel);
    }
    if (template !== undefined) this.#teach(parcel, template);
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
    for (const { host, items, templates, forget } of parcels) {
      const whole: ToHost = {
        ...(this.#isFirst(host.id) ? { inspect: true } : {}),
        ...(templates.length === 0 ? {} : { templates }),
        items,
        ...(forget.size === 0 ? {} : { forget: [...forget] }),
      };
      try {
        host.post(whole);
      } catch {
        this.#postSingly(host, whole);
      }
    }
  }

  /** Something in it cannot be posted: each by itself, so that it costs whom it is for. */
  #postSingly(host: Host, { templates = [], items, forget = [], ...rest }: ToHost): void {
    host.post({ ...rest, items: [] });
    const unsent = new Map<string, unknown>();
    for (const template of templates) {
      try {
        host.post({ templates: [template], items: [] });
      } catch (thrown) {
        unsent.set(template.id, thrown);
        this.#sent.get(host.id)?.delete(template.id);
      }
    }
    for (const item of items) {
      try {
        if ("template" in item && unsent.has(item.template)) throw unsent.get(item.template);
        host.post({ items: [item] });
      } catch (thrown) {
        this.#onUnsent(receiverOf(item), thrown, item.type === "place");
      }
    }
    host.post({ items: [], forget });
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

  #teach({ host, templates, forget }: Parcel, template: Template): void {
    const { id } = template;
    const known = this.#sent.get(host.id) ?? new Set<string>();
    this.#sent.set(host.id, known);
    const isKnown = known.delete(id);
    known.add(id);
    if (isKnown) return;
    templates.push(template);
    forget.delete(id);
    if (known.size <= TEMPLATES_KEPT) return;
    const oldest = known.keys().next().value as string;
    known.delete(oldest);
    forget.add(oldest);
  }
}

function receiverOf(item: HostItem): string {
  return "path" in item ? item.path : callerOf(item.callId);
}
