import type { EventOf, EventType, RuntimeEvent, Supervisor } from "../index.ts";

/** The most events that a probe keeps; the oldest are dropped first. */
const MAX_KEPT_EVENTS = 100_000;
/** The most events that a failed wait lists. */
const MAX_SHOWN_EVENTS = 8;

/** Milliseconds: a wait must report before Vitest's own limit of five seconds. */
const MAX_WAIT_MS = 4_000;

interface WaitOptions {
  readonly timeoutMs?: number;
}

/** An event type, or a predicate of events. */
export type Wanted = EventType | ((event: RuntimeEvent) => boolean);

/**
 * Records the events of a supervisor, and waits for expected ones.
 *
 * **Guarantees** every event from its creation on, ephemeral ones included, in order; of more than
 * 100,000 the latest.
 * **Gotcha** events of `Supervisor.start` come before it: `supervisor.events({ since: 0 })` has
 * them.
 * @example
 * using probe = new TestProbe(supervisor);
 * await supervisor.spawn("lead", { input: "go" });
 * await probe.waitFor("tool.denied");
 * await probe.waitFor(({ type, path }) => type === "agent.stopped" && path === "/lead");
 */
export class TestProbe implements Disposable {
  readonly #supervisor: Supervisor;
  readonly #watchers = new Set<(event: RuntimeEvent) => void>();
  readonly #events: RuntimeEvent[] = [];

  constructor(supervisor: Supervisor) {
    this.#supervisor = supervisor;
    supervisor.on("*", this.#hear);
  }

  /** Returns the events so far, oldest first. */
  get events(): readonly RuntimeEvent[] {
    return this.#events;
  }

  /**
   * Resolves with the first event that matches, at once when it has already happened.
   *
   * **Fails with** an Error that lists the last events when none matches in time.
   * @param options `timeoutMs`: milliseconds of real time; default 4_000, under Vitest's 5_000
   */
  waitFor<Type extends EventType>(type: Type, options?: WaitOptions): Promise<EventOf<Type>>;
  waitFor(wanted: Wanted, options?: WaitOptions): Promise<RuntimeEvent>;
  async waitFor(
    wanted: Wanted,
    { timeoutMs = MAX_WAIT_MS }: WaitOptions = {},
  ): Promise<RuntimeEvent> {
    const fits =
      typeof wanted === "function" ? wanted : ({ type }: RuntimeEvent) => type === wanted;
    const past = this.#events.find(fits);
    if (past !== undefined) return past;
    return new Promise((resolve, reject) => {
      const end = (): void => {
        clearTimeout(timer);
        this.#watchers.delete(watcher);
      };
      const watcher = (event: RuntimeEvent): void => {
        try {
          if (!fits(event)) return;
          resolve(event);
        } catch (thrown) {
          reject(thrown);
        }
        end();
      };
      const timer = setTimeout(() => {
        end();
        reject(new Error(this.#missed(wanted, timeoutMs)));
      }, timeoutMs);
      this.#watchers.add(watcher);
    });
  }

  /** Stops recording; `events` stays. */
  [Symbol.dispose](): void {
    this.#supervisor.off("*", this.#hear);
  }

  readonly #hear = (event: RuntimeEvent): void => {
    this.#events.push(event);
    if (this.#events.length > MAX_KEPT_EVENTS) this.#events.shift();
    for (const watcher of [...this.#watchers]) watcher(event);
  };

  #missed(wanted: Wanted, timeoutMs: number): string {
    const what = typeof wanted === "function" ? "event that was asked for" : `\`${wanted}\``;
    const last = this.#events.slice(-MAX_SHOWN_EVENTS).map(({ type, path }) => `${type} ${path}`);
    const { length } = this.#events;
    const all = length > last.length ? `of ${length} events the last were` : "the last were";
    const seen = length === 0 ? "nothing happened" : `${all}: ${last.join(", ")}`;
    return `No ${what} within ${timeoutMs} ms; ${seen}.`;
  }
}
