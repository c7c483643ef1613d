import { CoppiceError } from "../errors.ts";
import { describe } from "../wire/error-codec.ts";
import type { Json, JsonSchema } from "../wire/json.ts";
import type { ModuleModel } from "../wire/spec.ts";
import type { TokenUsage, TurnMessage } from "../wire/transcript.ts";
import { abortable } from "./abortable.ts";
import type { CallRemains, Model, ModelCall, ModelReply, ModelRequest } from "./model.ts";
import { describeThrown } from "./module-failure.ts";
import {
  addBad,
  addDelta,
  type ModuleDelta,
  type ModuleReply,
  readReply,
  type SaidByModule,
} from "./module-reply.ts";
import { type Attempt, type RetryPolicy, retry } from "./retry.ts";
import { stepUsage } from "./scripted-usage.ts";
import { saidTokens } from "./seen-usage.ts";

/** What a model module is asked. Read it, do not change it: the conversation is not a copy. */
export interface ModuleRequest {
  readonly system?: string;
  readonly messages: readonly TurnMessage[];
  readonly tools: readonly {
    readonly name: string;
    readonly description: string;
    readonly inputSchema: JsonSchema;
  }[];
  /** Most output tokens. */
  readonly maxTokens: number;
  /** How many model calls this agent made before. */
  readonly turn: number;
  /** Every field of the model's spec except `provider`. */
  readonly options: { readonly [option: string]: Json | undefined };
}

/**
 * The default export of a model module: answers at once, later, or as a stream of deltas.
 *
 * What it throws is tried again, with the same waits as for Anthropic's models, where it has a
 * `status` of 408, 409, 429 or from 500, or `retryable: true`; `retryable: false` says that it is
 * not. `retryAfterMs`, or the `headers` of the response, say how long to wait. A CoppiceError says
 * so in its `details`. What is thrown before anything was said cost nothing; a stream that breaks
 * is charged what it said and what was seen of it, and its next attempt is paid for anew.
 *
 * **Gotcha** when `signal` is aborted the call is over, whether the function stops or not.
 * @example
 * export default ({ messages, turn }) =>
 *   turn === 0
 *     ? { toolCalls: [{ name: "fs__list", input: { path: "/srv" } }] }
 *     : { text: `I read ${messages.length} messages.` };
 */
export type ModelFunction = (
  request: ModuleRequest,
  context: { readonly signal: AbortSignal },
) => ModuleReply | Promise<ModuleReply | AsyncIterable<ModuleDelta>> | AsyncIterable<ModuleDelta>;

/** The most text that a stream may say, in characters: an endless one ends here. */
const maxTextLength = 10_000_000;

/**
 * A model that is a function of a module.
 *
 * **Guarantees** the module is imported once, at the first call; an abort rejects at once; a
 * failure that may pass is retried.
 * **Fails with** `MODEL_FAILED` (it threw, or its reply is none), `OPTIONS_INVALID` (no such
 * module, or no function in it), `CANCELLED`.
 */
export function moduleModel(
  spec: ModuleModel,
  importModule: (url: string) => Promise<unknown>,
  policy: RetryPolicy,
): Model {
  const { provider: url, ...options } = spec;
  let loading: Promise<ModelFunction> | undefined;
  const load = async (): Promise<ModelFunction> => {
    loading ??= importModel(url, importModule);
    try {
      return await loading;
    } catch (thrown) {
      loading = undefined;
      throw thrown;
    }
  };
  return {
    async call(request, call) {
      const question = questionOf(request, options);
      const attempt = async (attempts: number): Promise<Attempt> => {
        const run: Run = { said: { text: "", toolCalls: [] }, begun: false, spoke: false };
        try {
          const model = await abortable(load(), call.signal);
          run.begun = true;
          return { status: "answered", reply: await ask(model, question, run, call) };
        } catch (thrown) {
          const failure = describeThrown(thrown, { url, attempts, now: policy.clock.wall() });
          return { status: "failed", ...failure, remains: remainsOf(run, call.signal) };
        }
      };
      return retry(attempt, policy, call);
    },
  };
}

/** What an attempt has come to, also when it fails midway. */
interface Run {
  said: SaidByModule;
  /** Whether the function was called. */
  begun: boolean;
  /** Whether anything came of it, good or bad. */
  spoke: boolean;
}

/**
 * What a module threw before it said anything cost nothing; one that is aborted may have asked its
 * service already.
 */
function remainsOf({ said, begun, spoke }: Run, { aborted }: AbortSignal): CallRemains {
  const partial = begun && (aborted || spoke);
  return { usage: partial ? usedOf(said) : stepUsage(said), partial, partialText: said.text };
}

/** Of output the larger of what was said and seen. */
function usedOf(said: SaidByModule): TokenUsage {
  const usage = stepUsage(said);
  return { ...usage, outputTokens: Math.max(usage.outputTokens, saidTokens(said)) };
}

async function ask(
  model: ModelFunction,
  question: ModuleRequest,
  run: Run,
  call: ModelCall,
): Promise<ModelReply> {
  const { signal } = call;
  /** What is bad was said all the same. */
  const heard = <Read>(value: unknown, read: () => Read): Read => {
    run.spoke = true;
    try {
      return read();
    } catch (thrown) {
      run.said = addBad(run.said, value);
      throw thrown;
    }
  };
  const answer = await abortable(model(question, { signal }), signal);
  if (!isStream(answer)) {
    return sayReply(
      heard(answer, () => readReply(answer, question.turn)),
      call,
    );
  }
  let length = 0;
  let saidAt: number | undefined;
  for await (const delta of abortableStream(answer, signal)) {
    // What the last piece says of its usage comes too late to end the stream.
    if (run.said.usage !== undefined) call.onUsage?.(stepUsage(run.said));
    const added = heard(delta, () => addDelta(run.said, delta));
    length += added.text.length;
    if (added.said.usage !== run.said.usage) saidAt = length;
    run.said = added.said;
    if (added.text !== "") call.onText(added.text);
    if (run.said.text.length > maxTextLength) throw endless();
  }
  const isFinal = run.said.usage === undefined || saidAt === length;
  return readReply(isFinal ? run.said : { ...run.said, usage: usedOf(run.said) }, question.turn);
}

/**
 * Verifies what a model module exports.
 *
 * **Fails with** `OPTIONS_INVALID`.
 */
export function checkModelModule(
  namespace: unknown,
  url = "(its URL is not known here)",
): asserts namespace is { readonly default: ModelFunction } {
  const exported = namespace as { readonly default?: unknown } | null | undefined;
  if (typeof exported?.default === "function") return;
  const shape = "(request, { signal }) => reply";
  const told = `The model module ${url} has to default-export a function ${shape}`;
  throw new CoppiceError("OPTIONS_INVALID", told, { module: url });
}

async function importModel(
  url: string,
  importModule: (url: string) => Promise<unknown>,
): Promise<ModelFunction> {
  const namespace = await importModule(url).catch((thrown: unknown) => {
    const told = `The model module ${url} cannot be imported: ${describe(thrown)}`;
    throw new CoppiceError("OPTIONS_INVALID", told, { module: url });
  });
  checkModelModule(namespace, url);
  return namespace.default;
}

function questionOf(request: ModelRequest, options: ModuleRequest["options"]): ModuleRequest {
  const tools = request.tools.map(({ name, description, inputSchema }) => {
    return { name, description, inputSchema };
  });
  return { ...request, tools, options };
}

function sayReply(reply: ModelReply, call: ModelCall): ModelReply {
  for (const block of reply.content) {
    if (block.type === "text" && block.text !== "") call.onText(block.text);
  }
  return reply;
}

function isStream(answer: unknown): answer is AsyncIterable<unknown> {
  return typeof answer === "object" && answer !== null && Symbol.asyncIterator in answer;
}

/** A stream that throws as soon as the signal is aborted, whatever its source is waiting for. */
async function* abortableStream(source: AsyncIterable<unknown>, signal: AbortSignal) {
  const iterator = source[Symbol.asyncIterator]();
  try {
    for (;;) {
      const next = await abortable(iterator.next(), signal);
      if (next.done) return;
      yield next.value;
    }
  } finally {
    // Not awaited, and nobody reads what it throws: the call already has its outcome.
    close(iterator).catch(() => undefined);
  }
}

async function close(iterator: AsyncIterator<unknown>): Promise<void> {
  await iterator.return?.();
}

function endless(): CoppiceError {
  const told = `A model module streamed more than ${maxTextLength} characters; end the stream`;
  return new CoppiceError("MODEL_FAILED", told);
}
