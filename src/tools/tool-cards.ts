import { createHash } from "node:crypto";
import type { JsonSchema } from "../wire/json.ts";
import type { ToolCard } from "../wire/transcript.ts";
import { NameTable } from "./names.ts";
import { schemaForModels } from "./schema/model-schema.ts";
import { hashOf } from "./schema-hash.ts";

/** A tool as whoever offers it describes it. */
export interface Described {
  readonly description: string;
  readonly inputSchema: JsonSchema;
  /** Of the schema as it was written, where that is known already. */
  readonly schemaHash?: string;
}

/** Who offers tools, under their own names. */
export interface Offer {
  /** Left out for the embedder's own tools. */
  readonly server?: string;
  readonly tools: ReadonlyMap<string, Described>;
}

export interface ToolCardsOptions {
  readonly onRenamed: (server: string, tool: string, name: string) => void;
  readonly onChanged: (server: string, tool: string, hash: string) => void;
}

/** Tools that went away and whose hash is kept; the one that went first is forgotten first. */
const MOST_HASHES = 10_000;

/**
 * What models are shown of all tools, and what each tool was when it was last listed.
 *
 * **Guarantees** a tool keeps its name for models as long as it is listed; of two that would get
 * the same one, the later gets a hash behind it and is told; so is a tool that is no longer what
 * it was.
 */
export class ToolCards {
  readonly #options: ToolCardsOptions;
  readonly #names = new NameTable();
  /** By subject; what is gone stays, so that it is known again when it comes back. */
  readonly #hashes = new Map<string, string>();
  #cards: readonly ToolCard[] = [];
  #bySubject: ReadonlyMap<string, ToolCard> = new Map();

  constructor(options: ToolCardsOptions) {
    this.#options = options;
  }

  /** In the order in which they are offered. */
  get all(): readonly ToolCard[] {
    return this.#cards;
  }

  card(subject: string): ToolCard | undefined {
    return this.#bySubject.get(subject);
  }

  /** Of name, description and schema: the same as long as the tool is what it was. */
  hashOf(subject: string): string | undefined {
    return this.#hashes.get(subject);
  }

  /** Takes note of all that is offered now. */
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
      // What was made for the same card, such as its length, holds for it still.
      return isSame && before?.name === name ? before : cardOf(subject, name, described);
    });
    this.#bySubject = new Map(this.#cards.map((card) => [card.subject, card]));
    this.#forget();
  }

  /** Takes note of what a tool is; true where it is what it was. */
  #note(subject: string, described: Described, server: string | undefined, tool: string): boolean {
    const hash = hashOfTool(subject, described);
    const before = this.#hashes.get(subject);
    // Behind all others, so that what is listed is not forgotten.
    this.#hashes.delete(subject);
    this.#hashes.set(subject, hash);
    if (before !== undefined && before !== hash && server !== undefined) {
      this.#options.onChanged(server, tool, hash);
    }
    return before === hash;
  }

  #forget(): void {
    for (const subject of this.#hashes.keys()) {
      if (this.#hashes.size <= Math.max(MOST_HASHES, this.#cards.length)) return;
      this.#hashes.delete(subject);
    }
  }
}

function cardOf(subject: string, name: string, described: Described): ToolCard {
  const { shown: inputSchema, ...keys } = schemaForModels(described.inputSchema);
  return { subject, name, description: described.description.toWellFormed(), inputSchema, ...keys };
}

const hashes = new WeakMap<Described, string>();

/** Made once for each description, whose schema's keys may stand in any order. */
function hashOfTool(subject: string, described: Described): string {
  const made = hashes.get(described);
  if (made !== undefined) return made;
  const { description, inputSchema, schemaHash = hashOf(inputSchema) } = described;
  const text = JSON.stringify([subject, description, schemaHash]);
  const hash = createHash("sha256").update(text).digest("base64url");
  hashes.set(described, hash);
  return hash;
}
