import { createHash } from "node:crypto";
import type { JsonSchema } from "../wire/json.ts";
import type { ToolCard } from "../wire/transcript.ts";
import { NameTable } from "./names.ts";
import { schemaForModels } from "./schema/model-schema.ts";
import { hashOf } from "./schema-hash.ts";

/** A tool as its provider describes it. */
export interface Described {
  readonly description: string;
  readonly inputSchema: JsonSchema;
  /** The hash of the schema as it was written, if it is known. */
  readonly schemaHash?: string;
}

/** A provider of tools, with the tools under their own names. */
export interface Offer {
  /** The server's name; undefined for the embedder's own tools. */
  readonly server?: string;
  readonly tools: ReadonlyMap<string, Described>;
}

export interface ToolCardsOptions {
  readonly onRenamed: (server: string, tool: string, name: string) => void;
  readonly onChanged: (server: string, tool: string, hash: string) => void;
}

/** The most hashes kept of tools that are gone; the first to go is forgotten first. */
const MAX_HASHES = 10_000;

/**
 * The cards that models see of all tools, and the hash of each tool when it was last listed.
 *
 * **Guarantees** a tool keeps its name for models as long as it is listed. Of two that would get
 * the same name, the later one gets a hash in its name and is reported; so is a tool that has
 * changed.
 */
export class ToolCards {
  readonly #options: ToolCardsOptions;
  readonly #names = new NameTable();
  /**
   * Hashes by subject; those of tools that are gone are kept, to recognise them when they return.
   */
  readonly #hashes = new Map<string, string>();
  #cards: readonly ToolCard[] = [];
  #bySubject: ReadonlyMap<string, ToolCard> = new Map();

  constructor(options: ToolCardsOptions) {
    this.#options = options;
  }

  /** Returns the cards in the order in which they are offered. */
  get all(): readonly ToolCard[] {
    return this.#cards;
  }

  card(subject: string): ToolCard | undefined {
    return this.#bySubject.get(subject);
  }

  /** Returns the hash of name, description and schema, which changes when the tool does. */
  hashOf(subject: string): string | undefined {
    return this.#hashes.get(subject);
  }

  /** Replaces the offers with the current ones. */
  update(offers: readonly Offer[]): void {
    const listed = offers.flatMap(({ server, tools }) =>
      [...tools].map(([tool, described]) => ({
        ...{ server, tool, described },
        subject: server === undefined ? tool : `${server}/${tool}`,
      })),
    );
    this.#names.keepOnly(new Set(listed.map(({ subject }) => subject)));
    this.#cards = listed.map(({ server, tool, subject, described }) => {
      const isSame = this.#note(subject, described, server, tool);
      const { name, isNew, isRenamed } = this.#names.nameOf(subject);
      if (isNew && isRenamed && server !== undefined) this.#options.onRenamed(server, tool, name);
      const before = this.#bySubject.get(subject);
      // Values cached for an unchanged card, such as its length, stay valid.
      return isSame && before?.name === name ? before : cardOf(subject, name, described);
    });
    this.#bySubject = new Map(this.#cards.map((card) => [card.subject, card]));
    this.#forget();
  }

  /** Notes the hash of a tool; returns true when it is unchanged. */
  #note(subject: string, described: Described, server: string | undefined, tool: string): boolean {
    const hash = hashOfTool(subject, described);
    const before = this.#hashes.get(subject);
    // Moved to the end, so that listed tools are not forgotten.
    this.#hashes.delete(subject);
    this.#hashes.set(subject, hash);
    if (before !== undefined && before !== hash && server !== undefined) {
      this.#options.onChanged(server, tool, hash);
    }
    return before === hash;
  }

  #forget(): void {
    for (const subject of this.#hashes.keys()) {
      if (this.#hashes.size <= Math.max(MAX_HASHES, this.#cards.length)) return;
      this.#hashes.delete(subject);
    }
  }
}

function cardOf(subject: string, name: string, described: Described): ToolCard {
  const { shown: inputSchema, ...keys } = schemaForModels(described.inputSchema);
  return { subject, name, description: described.description.toWellFormed(), inputSchema, ...keys };
}

const hashes = new WeakMap<Described, string>();

/**
 * Returns the hash of a description, independently of the order of its schema's keys; computed
 * once.
 */
function hashOfTool(subject: string, described: Described): string {
  const made = hashes.get(described);
  if (made !== undefined) return made;
  const { description, inputSchema, schemaHash = hashOf(inputSchema) } = described;
  const text = JSON.stringify([subject, description, schemaHash]);
  const hash = createHash("sha256").update(text).digest("base64url");
  hashes.set(described, hash);
  return hash;
}
