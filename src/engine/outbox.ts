import { callerOf } from "../../machines/run-of.ts";
import type { Host } from "../hosts/host.ts";
import type { HostItem, Template, ToHost } from "../wire/delivery.ts";
import { FULL_MESSAGE } from "../wire/message-text.ts";

/** The items of one tick for one host. */
interface Parcel {
  readonly host: Host;
  readonly items: HostItem[];
  readonly templates: Template[];
  /** The ids of the templates that the host is to forget. */
  readonly forget: Set<string>;
}

/**
 * Receives the agent for which an item could not be posted, and the error.
 *
 * @param isPlacing true when the item was to place the agent, which is therefore not on the host
 */
export type OnUnsent = (path: string, thrown: unknown, isPlacing: boolean) => void;

/** The number of templates that a host keeps; the least recently used is forgotten first. */
const MAX_KEPT_TEMPLATES = 256;

/** Collects the items of a tick for each host, so that each host gets one message. */
export class Outbox {
  readonly #parcels = new Map<string, Parcel>();
  /** The templates that each host knows, the most recently used last. */
  readonly #sent = new Map<string, Set<string>>();
  /** The hosts that report what their actors do; undefined without an inspection. */
  inspected: Set<string> | undefined;
  #scheduled = false;
  #isFull = false;
  readonly #onUnsent: OnUnsent;

  constructor(onUnsent: OnUnsent) {
    this.#onUnsent = onUnsent;
  }

  /** Adds an item for a host, and its template if the host does not know it yet. */
  add(host: Host, item: HostItem, template?: Template): void {
    let parcel = this.#parcels.get(host.id);
    if (parcel === undefined) {
      parcel = { host, items: [], templates: [], forget: new Set() };
      this.#parcels.set(host.id, parcel);
    }
    if (template !== undefined) this.#teach(parcel, template);
    parcel.items.push(item);
    this.#isFull ||= parcel.items.length >= FULL_MESSAGE;
    if (this.#scheduled) return;
    this.#scheduled = true;
    // After every microtask of this tick, so that tools which answer at once share a message.
    queueMicrotask(() => process.nextTick(() => this.flush()));
  }

  /** Sends everything now. */
  flush(): void {
    this.#scheduled = false;
    this.#isFull = false;
    const parcels = [...this.#parcels.values()];
    this.#parcels.clear();
    for (const parcel of parcels) this.#post(parcel);
  }

  /** Sends what has grown to {@link FULL_MESSAGE} items, so that its host begins with them. */
  flushFull(): void {
    if (!this.#isFull) return;
    this.#isFull = false;
    for (const parcel of this.#parcels.values()) {
      if (parcel.items.length < FULL_MESSAGE) continue;
      this.#parcels.delete(parcel.host.id);
      this.#post(parcel);
    }
  }

  #post({ host, items, templates, forget }: Parcel): void {
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

  /** Posts each item by itself, because one cannot be posted; only its receiver is affected. */
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

  /** True once for each host, while the supervisor is inspected. */
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
    if (known.size <= MAX_KEPT_TEMPLATES) return;
    const oldest = known.keys().next().value as string;
    known.delete(oldest);
    forget.add(oldest);
  }
}

function receiverOf(item: HostItem): string {
  return "path" in item ? item.path : callerOf(item.callId);
}
