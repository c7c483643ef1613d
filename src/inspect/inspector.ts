import { randomBytes } from "node:crypto";
import type { RuntimeEvent } from "../wire/event.ts";
import { type InspectionNote, SUPERVISOR } from "../wire/inspection.ts";
import { summaryOf } from "../wire/summary.ts";
import { type AgentRow, AgentRows } from "./agent-rows.ts";
import { Relay } from "./relay.ts";
import { ShownActors } from "./shown-actors.ts";
import { type ViewerKind, Viewers } from "./viewers.ts";

/** Facts that a page gets when it connects. */
const MAX_FACTS = 1_000;
/** Milliseconds between two readings of the tree, however much happens. */
const ROWS_EVERY_MS = 150;
const MAX_FACT_CHARACTERS = 1_500;

export interface InspectorOptions {
  /** Default: any free port. */
  readonly port?: number;
  /** Default: 32 random characters. */
  readonly token?: string;
}

/** The supervisor, as the inspector reads it. */
export interface Inspected {
  now(): number;
  rows(): readonly AgentRow[];
  /** Returns the newest facts that are kept, the oldest of them first. */
  facts(limit: number): readonly RuntimeEvent[];
  /** Returns the balance of an agent's budget; undefined for an agent that does not exist. */
  budget(path: string): object | undefined;
  /** True when the agent lives on the host. A host may report only on agents that live on it. */
  livesOn(host: string, path: string, incarnation: number): boolean;
}

/** Shows a swarm to everyone who knows the address: read-only, on loopback. */
export class Inspector {
  readonly #inspected: Inspected;
  readonly #viewers = new Viewers();
  readonly #actors = new ShownActors();
  readonly #rows = new AgentRows();
  readonly #relay: Relay;
  #timer: NodeJS.Timeout | undefined;

  constructor(inspected: Inspected, { port = 0, token }: InspectorOptions) {
    this.#inspected = inspected;
    this.#relay = new Relay({
      port,
      token: token ?? randomBytes(24).toString("base64url"),
      viewers: this.#viewers,
      greeting: (kind) => this.#greeting(kind),
      budget: (path) => inspected.budget(path),
    });
  }

  get url(): string {
    return this.#relay.url;
  }

  listen(): Promise<void> {
    return this.#relay.listen();
  }

  /** Takes the notes of a host, but for those on agents that do not live there. */
  take(host: string, notes: readonly InspectionNote[]): void {
    this.#show(
      host,
      notes.filter(({ path, incarnation }) => this.#inspected.livesOn(host, path, incarnation)),
    );
  }

  /** Takes the notes on the supervisor's own actors. */
  takeShared(notes: readonly InspectionNote[]): void {
    this.#show(SUPERVISOR, notes);
    this.#tellRowsSoon();
  }

  #show(host: string, notes: readonly InspectionNote[]): void {
    const at = this.#inspected.now();
    for (const note of notes) {
      for (const event of this.#actors.take(host, note, at)) this.#viewers.tell(event);
    }
  }

  fact(event: RuntimeEvent): void {
    if (event.seq === undefined) return;
    if (event.type === "agent.stopped") {
      const ended = this.#actors.end(event.path, this.#inspected.now());
      for (const last of ended) this.#viewers.tell(last);
    }
    if (!this.#viewers.has("page")) return;
    this.#viewers.tell(factMessage(event), "page");
    this.#tellRowsSoon();
  }

  forgetHost(host: string): void {
    const ended = this.#actors.forgetHost(host, this.#inspected.now());
    for (const last of ended) this.#viewers.tell(last);
  }

  async stop(): Promise<void> {
    this.#tellRows();
    await this.#relay.stop();
    // The last viewers may have started another timer.
    clearTimeout(this.#timer);
  }

  #tellRowsSoon(): void {
    if (!this.#viewers.has("page")) return;
    this.#timer ??= setTimeout(() => this.#tellRows(), ROWS_EVERY_MS).unref();
  }

  #tellRows(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    if (!this.#viewers.has("page")) return;
    const message = this.#rows.update(this.#inspected.rows());
    if (message !== undefined) this.#viewers.tell(message, "page");
  }

  *#greeting(kind: ViewerKind): Generator<object> {
    if (kind === "page") {
      this.#rows.update(this.#inspected.rows());
      yield this.#rows.all();
    }
    yield* this.#actors.all(this.#inspected.now());
    if (kind !== "page") return;
    for (const event of this.#inspected.facts(MAX_FACTS)) yield factMessage(event);
  }
}

function factMessage(event: RuntimeEvent): object {
  return { type: "coppice.fact", fact: summaryOf(event, MAX_FACT_CHARACTERS) };
}
