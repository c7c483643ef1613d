import { CoppiceError } from "../errors.ts";
import type { Node } from "../kernel/node.ts";
import type { Json } from "../wire/json.ts";

/** An ask of an agent: plain data but for the agent itself. */
export interface AgentAsk {
  /** Who is asked. */
  readonly path: string;
  readonly node: Node;
  readonly callId: string;
}

/** An ask of somebody outside, who was given a promise. */
interface OutsideAsk {
  readonly path: string;
  readonly resolve: (value: Json) => void;
  readonly reject: (error: CoppiceError) => void;
}

/** The id of such an ask, and the promise. */
export interface OpenAsk {
  readonly askId: string;
  readonly answer: Promise<Json>;
}

/** How agents are told what became of what they asked. */
export interface AgentAnswers {
  answer(ask: AgentAsk, value: Json): void;
  fail(ask: AgentAsk, error: CoppiceError): void;
}

/** The asks that have no answer yet: each is told once, of the answer or of why there is none. */
export class Asks {
  readonly #open = new Map<string, AgentAsk | OutsideAsk>();
  readonly #agents: AgentAnswers;
  #count = 0;

  constructor(agents: AgentAnswers) {
    this.#agents = agents;
  }

  /** What stands in it: what a snapshot keeps, and what a replay has to come to. */
  get saved(): object {
    const open = [...this.#open].map(([id, ask]) => [id, "node" in ask ? ask : ask.path]);
    return { open, count: this.#count };
  }

  /** Of somebody outside. */
  openTo(path: string): OpenAsk {
    const { promise: answer, resolve, reject } = Promise.withResolvers<Json>();
    // Of a step that is taken again nobody waits for the answer.
    answer.catch(() => undefined);
    return { askId: this.open({ path, resolve, reject }), answer };
  }

  open(ask: AgentAsk | OutsideAsk): string {
    this.#count += 1;
    const askId = `ask-${this.#count}`;
    this.#open.set(askId, ask);
    return askId;
  }

  answer(askId: string, value: Json): void {
    const ask = this.#take(askId);
    if (ask === undefined) return;
    if ("node" in ask) this.#agents.answer(ask, value);
    else ask.resolve(value);
  }

  fail(askId: string, error: CoppiceError): void {
    const ask = this.#take(askId);
    if (ask === undefined) return;
    if ("node" in ask) this.#agents.fail(ask, error);
    else ask.reject(error);
  }

  /** The asker has ended, or was told already. */
  forget(askId: string): void {
    this.#take(askId);
  }

  timeOut(askId: string): void {
    const { path } = this.#open.get(askId) ?? {};
    this.fail(askId, new CoppiceError("ASK_TIMED_OUT", `${path} did not answer in time`));
  }

  /** Fails all that are open, because nobody is left to answer. */
  close(): void {
    const error = new CoppiceError("SUPERVISOR_STOPPED", "the supervisor has stopped");
    for (const askId of [...this.#open.keys()]) this.fail(askId, error);
  }

  #take(askId: string): AgentAsk | OutsideAsk | undefined {
    const ask = this.#open.get(askId);
    this.#open.delete(askId);
    return ask;
  }
}
