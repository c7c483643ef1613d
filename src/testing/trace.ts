import type { AnyEvent } from "../wire/event.ts";

/** The most steps that a failure shows. */
const MAX_KEPT_STEPS = 30;

interface Step {
  readonly number: number;
  readonly what: string;
  readonly events: AnyEvent[];
}

/** The last steps of a schedule and the events of each; turned into text only on demand. */
export class Trace {
  readonly #steps: Step[] = [];
  #count = 0;

  get count(): number {
    return this.#count;
  }

  step(what: string): void {
    this.#count += 1;
    this.#steps.push({ number: this.#count, what, events: [] });
    if (this.#steps.length > MAX_KEPT_STEPS) this.#steps.shift();
  }

  event(event: AnyEvent): void {
    this.#steps.at(-1)?.events.push(event);
  }

  lines(): readonly string[] {
    return this.#steps.flatMap(({ number, what, events }) => [
      `${number}. ${what}`,
      ...events.map((event) => `   ${textOf(event)}`),
    ]);
  }
}

function textOf({ type, path, callId, reason, host, outcome }: AnyEvent): string {
  const { status } = (outcome ?? {}) as { readonly status?: string };
  const more = [callId, host, reason, status].filter((part) => part !== undefined);
  return [type, path, ...more].join(" ");
}
