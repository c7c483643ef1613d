import { randomBytes } from "node:crypto";
import type { RuntimeEvent } from "../wire/event.ts";
import { type InspectionNote, SUPERVISOR } from "../wire/inspection.ts";
import { summaryOf } from "../wire/summary.ts";
import { type AgentRow, AgentRows } from "./agent-rows.ts";
import { Relay } from "./relay.ts";
import { ShownActors } from "./shown-actors.ts";
import { type ViewerKind, Viewers } from "./viewers.ts";

/** Facts that a page is told of when it comes. */
const FACTS_SHOWN = 1_000;
/** Milliseconds between two looks at the tree, however much happens. */
const ROWS_EVERY_MS = 150;
const FACT_CHARACTERS = 1_500;

export interface InspectorOptions {
  /** Default: any that is free. */
  readonly port?: number;
  /** Default: 32 random characters. */
  readonly token?: string;
}

/** What is looked at. */
export interface Inspected {
  now(): number;
  rows(): readonly AgentRow[];
  /** The newest facts that are kept, the oldest of them first. */
  facts(limit: number): readonly RuntimeEvent[];
  /** Where an agent's budget stands; undefined for an agent that is not there. */
  budget(path: string): object | undefined;
  /** A host speaks for the agents that live on it, and for no other. */
  livesOn(host: string, path: string, incarnation: number): boolean;
}

/** Shows a swarm to whoever knows the address: read-only, on loopback. */
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

  /** Takes what a host told; what it cannot know is not believed. */
  take(host: string, notes: readonly InspectionNote[]): void {
    this.#show(
      host,
      notes.filter(({ path, incarnation }) => this.#inspected.livesOn(host, path, incarnation)),
    );
  }

  /** Takes what the supervisor's own actors did. */
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
    this.#viewers.tell(told(event), "page");
    this.#tellRowsSoon();
  }

  forgetHost(host: string): void {
    const ended = this.#actors.forgetHost(host, this.#inspected.now());
    for (const last of ended) this.#viewers.tell(last);
  }

  async stop(): Promise<void> {
    this.#tellRows();
    await this.#relay.stop();
    // Its last viewers may have caused one more.
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
    for (const event of this.#inspected.facts(FACTS_SHOWN)) yield told(event);
  }
}

function told(event: RuntimeEvent): object {
  return { type: "coppice.fact", fact: summaryOf(event, FACT_CHARACTERS) };
}
