import { CoppiceError } from "../errors.ts";
import type { Node, NodeKey } from "../kernel/node.ts";
import type { RunLetter } from "../kernel/run-letter.ts";
import { encodeError } from "../wire/error-codec.ts";
import type { Json } from "../wire/json.ts";

/** An ask by an agent: plain data except for the asking agent itself. */
export interface AgentAsk {
  /** The path of the asked agent. */
  readonly path: string;
  /** The asking agent. */
  readonly node: Node;
  readonly callId: string;
}

/** An ask by an agent of another run, which is answered by a letter. */
interface FarAsk {
  readonly path: string;
  readonly by: NodeKey;
  /** The id of the ask in the other run. */
  readonly theirs: string;
}

/** An ask by a caller outside the swarm, which is answered through a promise. */
interface OutsideAsk {
  readonly path: string;
  readonly resolve: (value: Json) => void;
  readonly reject: (error: CoppiceError) => void;
}

type Ask = AgentAsk | FarAsk | OutsideAsk;

/** The id of an ask from outside, and the promise of its answer. */
export interface OpenAsk {
  readonly askId: string;
  readonly answer: Promise<Json>;
}

/** The port through which agents get the answers to their asks. */
export interface AgentAnswers {
  answer(ask: AgentAsk, value: Json): void;
  fail(ask: AgentAsk, error: CoppiceError): void;
  write(to: NodeKey, letter: RunLetter): void;
}

/** The open asks. Each is settled once, with its answer or with an error. */
export class Asks {
  readonly #open = new Map<string, Ask>();
  /** The ids of asks from other runs, by their ids there. */
  readonly #far = new Map<string, string>();
  readonly #agents: AgentAnswers;

  constructor(agents: AgentAnswers) {
    this.#agents = agents;
  }

  /** The state that a snapshot keeps and that a replay must reproduce. */
  get saved(): readonly (readonly [string, unknown])[] {
    return [...this.#open].map(([id, ask]) => [id, "resolve" in ask ? ask.path : ask] as const);
  }

  /** Opens an ask from outside. */
  openTo(askId: string, path: string): OpenAsk {
    const { promise: answer, resolve, reject } = Promise.withResolvers<Json>();
    // In a replay no caller waits for the answer.
    answer.catch(() => undefined);
    this.open(askId, { path, resolve, reject });
    return { askId, answer };
  }

  open(askId: string, ask: Ask): void {
    this.#open.set(askId, ask);
    if ("by" in ask) this.#far.set(ask.theirs, askId);
  }

  /** Returns the id here of an ask from another run. */
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
      const encoded = encodeError(error, error.code);
      this.#agents.write(ask.by, { type: "unanswered", askId: ask.theirs, error: encoded });
    } else ask.reject(error);
  }

  /** Forgets an ask whose asker has ended or has its answer already. */
  forget(askId: string): void {
    this.#take(askId);
  }

  timeOut(askId: string): void {
    const { path } = this.#open.get(askId) ?? {};
    this.fail(askId, new CoppiceError("ASK_TIMED_OUT", `${path} did not answer in time`));
  }

  /** Rejects the open asks from outside with SUPERVISOR_STOPPED. */
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
