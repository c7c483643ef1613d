import type { Delivery, HostItem, Template, ToHost } from "../wire/delivery.ts";
import type { Frame, FromHost } from "../wire/frame.ts";
import type { Json } from "../wire/json.ts";
import { sizeOf } from "../wire/json-size.ts";
import { messageCopy } from "../wire/message-text.ts";
import { isModule } from "../wire/providers.ts";

/**
 * The wire of a host in the calling thread. What users' code made or will get is copied, as a port
 * would; the deliveries and frames of an agent that runs none, which nobody changes, are not.
 */
export class InlineWire {
  /** The templates of agents that run no code of users. */
  readonly #own = new Set<string>();
  /** The agents of these templates, by path. */
  readonly #agents = new Set<string>();

  /** Returns a message to the host as the host gets it. */
  toHost({ items, templates = [], ...rest }: ToHost): ToHost {
    const whole = { ...rest, templates, items: [] };
    const head = templates.length > 0 || rest.forget !== undefined ? messageCopy(whole) : whole;
    for (const id of rest.forget ?? []) this.#own.delete(id);
    for (const template of templates) if (isOwn(template)) this.#own.add(template.id);
    return { ...head, items: items.map((item) => this.#item(item)) };
  }

  /** Returns a message of the host as the supervisor gets it. */
  fromHost({ frames, ...rest }: FromHost): FromHost {
    const isBare = Object.keys(rest).length === 0;
    const head = isBare ? rest : messageCopy({ ...rest, frames: [] });
    return { ...head, frames: frames.map((frame) => this.#frame(frame)) };
  }

  #item(item: HostItem): HostItem {
    if (item.type === "deliver" && this.#agents.has(item.path) && !holdsSlices(item)) return item;
    if (item.type === "place" && this.#own.has(item.template)) this.#agents.add(item.path);
    else if (item.type === "place" || item.type === "drop") this.#agents.delete(item.path);
    return copyOf(messageCopy({ items: [item] }).items);
  }

  #frame(frame: Frame): Frame {
    if (!this.#agents.has(frame.path)) return copyOf(messageCopy({ frames: [frame] }).frames);
    if (frame.commands.at(-1)?.type === "done") this.#agents.delete(frame.path);
    return frame;
  }
}

function isOwn({ machine, model, fallback = [] }: Template): boolean {
  const models = model === undefined ? fallback : [model, ...fallback];
  return machine === undefined && !models.some(isModule);
}

/** True when a text of the delivery may keep a longer one in memory, from which it was cut. */
function holdsSlices({ body }: Delivery): boolean {
  if (body.type === "permit") return false;
  return sizeOf(body as Json, Number.POSITIVE_INFINITY).isSliced;
}

function copyOf<Part>([part]: readonly Part[]): Part {
  return part as Part;
}
