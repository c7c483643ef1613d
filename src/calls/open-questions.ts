import { runOf } from "../../machines/run-of.ts";

interface Asked {
  readonly asked: { readonly path: string };
}

/** The questions that are still open, also grouped by run. */
export class OpenQuestions<Of extends Asked> {
  readonly #byId = new Map<string, Of>();
  readonly #byRun = new Map<string, Map<string, Of>>();

  get all(): ReadonlyMap<string, Of> {
    return this.#byId;
  }

  /** The runs with open questions. */
  get runs(): Iterable<string> {
    return this.#byRun.keys();
  }

  of(run: string): readonly (readonly [id: string, open: Of])[] {
    return [...(this.#byRun.get(run) ?? [])];
  }

  add(id: string, open: Of): void {
    const run = runOf(open.asked.path);
    const own = this.#byRun.get(run) ?? new Map<string, Of>();
    this.#byRun.set(run, own.set(id, open));
    this.#byId.set(id, open);
  }

  delete(id: string): void {
    const open = this.#byId.get(id);
    if (open === undefined) return;
    this.#byId.delete(id);
    const run = runOf(open.asked.path);
    const own = this.#byRun.get(run);
    if (own?.delete(id) && own.size === 0) this.#byRun.delete(run);
  }
}
