import { CoppiceError } from "../errors.ts";
import type { Node, NodeKey } from "../kernel/node.ts";
import type { RunLetter } from "../kernel/run-letter.ts";
import { encodeError } from "../wire/error-codec.ts";
import type { Json } from "../wire/json.ts";

/** An ask of an agent: plain data but for the agent itself. */
export interface AgentAsk {
  /** Who is asked. */
  readonly path: string;
  readonly node: Node;
  readonly callId: string;
}

/** An ask of an agent of another run, which is told by a letter. */
interface FarAsk {
  readonly path: string;
  readonly by: NodeKey;
  /** What it is called there. */
  readonly theirs: string;
}

/** An ask of somebody outside, who was given a promise. */
interface OutsideAsk {
  readonly path: string;
  readonly resolve: (value: Json) => void;
  readonly reject: (error: CoppiceError) => void;
}

type Ask = AgentAsk | FarAsk | OutsideAsk;

/** The id of such an ask, and the promise. */
export interface OpenAsk {
  readonly askId: string;
  readonly answer: Promise<Json>;
}

/** How agents are told what became of what they asked. */
export interface AgentAnswers {
  answer(ask: AgentAsk, value: Json): void;
  fail(ask: AgentAsk, error: CoppiceError): void;
  write(to: NodeKey, letter: RunLetter): void;
}

/** The asks that have no answer yet: each is told once, of the answer or of why there is none. */
export class Asks {
  readonly #open = new Map<string, Ask>();
  /** Those of agents of other runs, by what they are called there. */
  readonly #far = new Map<string, string>();
  readonly #agents: AgentAnswers;

  constructor(agents: AgentAnswers) {
    this.#agents = agents;
  }

  /** What stands in it: what a snapshot keeps, and what a replay has to come to. */
  get saved(): readonly (readonly [string, unknown])[] {
    return [...this.#open].map(([id, ask]) => [id, "resolve" in ask ? ask.path : ask] as const);
  }

  /** Of somebody outside. */
  openTo(askId: string, path: string): OpenAsk {
    const { promise: answer, resolve, reject } = Promise.withResolvers<Json>();
    // Of a step that is taken again nobody waits for the answer.
    answer.catch(() => undefined);
    this.open(askId, { path, resolve, reject });
    return { askId, answer };
  }

  open(askId: string, ask: Ask): void {
    this.#open.set(askId, ask);
    if ("by" in ask) this.#far.set(ask.theirs, askId);
  }

  /** What an ask of another run is called here. */
  ownId(theirs: string): string | undefined {
    return this.#far.get(theirs);
  }

  answer(askId: string, value: Json): void {
    const ask = this.#take(askId);
    if (ask === undefined) return;
    if ("node" in ask) this.#agents.answer(ask, value);
    else if ("by" in ask) {
      this.#agents.write(ask.by, { type: "answered", askId: ask.theirs, value });
    } else ask.resolve(value);
  }

  fail(askId: string, error: CoppiceError): void {
    const ask = this.#take(askId);
    if (ask === undefined) return;
    if ("node" in ask) this.#agents.fail(ask, error);
    else if ("by" in ask) {
      const told = encodeError(error, error.code);
      this.#agents.write(ask.by, { type: "unanswered", askId: ask.theirs, error: told });
    } else ask.reject(error);
  }

  /** The asker has ended, or was told already. */
  forget(askId: string): void {
    this.#take(askId);
  }

  timeOut(askId: string): void {
    const { path } = this.#open.get(askId) ?? {};
    this.fail(askId, new CoppiceError("ASK_TIMED_OUT", `${path} did not answer in time`));
  }

  /** Tells those outside who still wait that nobody is left to answer. */
  close(): void {
    const error = new CoppiceError("SUPERVISOR_STOPPED", "the supervisor has stopped");
    for (const ask of this.#open.values()) if ("reject" in ask) ask.reject(error);
  }

  #take(askId: string): Ask | undefined {
    const ask = this.#open.get(askId);
    this.#open.delete(askId);
    if (ask !== undefined && "by" in ask) this.#far.delete(ask.theirs);
    return ask;
  }
}
