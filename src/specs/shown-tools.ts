import { createHash } from "node:crypto";
import type { Template } from "../wire/delivery.ts";

/** The most narrowed templates kept; the first made is dropped first. */
const MAX_KEPT_TEMPLATES = 256;

/** Narrows templates to the tools that an agent may ever use, so that its model sees no others. */
export class ShownTools {
  readonly #narrowed = new Map<string, Template>();

  of(template: Template, mayEver: (tool: string) => boolean): Template {
    const tools = template.tools.filter(({ subject }) => mayEver(subject));
    if (tools.length === template.tools.length) return template;
    const key = [template.id, ...tools.map(({ subject }) => subject)].join("\n");
    const known = this.#narrowed.get(key);
    if (known !== undefined) return known;
    const id = createHash("sha256").update(key).digest("base64url");
    const narrowed = { ...template, id, tools };
    this.#narrowed.set(key, narrowed);
    if (this.#narrowed.size > MAX_KEPT_TEMPLATES) {
      this.#narrowed.delete(this.#narrowed.keys().next().value as string);
    }
    return narrowed;
  }
}
