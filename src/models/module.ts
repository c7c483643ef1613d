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

/** A request to a model module. The module must not change it: the conversation is not a copy. */
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
  /** Number of model calls that this agent made before. */
  readonly turn: number;
  /** Every field of the model's spec except `provider`. */
  readonly options: { readonly [option: string]: Json | undefined };
}

/**
 * The default export of a model module. It answers at once, later, or as a stream of deltas.
 *
 * An error that it throws is tried again, with the same waits as for Anthropic's models, when it
 * has a `status` of 408, 409, 429 or from 500, or `retryable: true`; with `retryable: false` it is
 * not. `retryAfterMs`, or the `headers` of the response, give the time to wait. A CoppiceError has
 * these fields in its `details`. An error before any output cost nothing. A stream that breaks is
 * charged its reported and estimated usage, and its next attempt is paid for anew.
 *
 * **Gotcha** When `signal` is aborted the call is over, whether the function stops or not.
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

/** Most characters of text in a stream; an endless one is ended there. */
const MAX_TEXT_LENGTH = 10_000_000;

/**
 * Creates a model from the function of a module.
 *
 * **Guarantees** The module is imported once, at the first call; an import that failed is tried
 * again at the next. An abort rejects at once. A failure that may pass is retried.
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

/** The progress of an attempt, also when it fails midway. */
interface Run {
  said: SaidByModule;
  /** True once the function was called. */
  begun: boolean;
  /** True once the function has answered or streamed anything, good or bad. */
  spoke: boolean;
}

/**
 * Returns the remains of an attempt. An error before any output cost nothing; a function that was
 * aborted may have called its service already.
 */
function remainsOf({ said, begun, spoke }: Run, { aborted }: AbortSignal): CallRemains {
  const partial = begun && (aborted || spoke);
  return { usage: partial ? usedOf(said) : stepUsage(said), partial, partialText: said.text };
}

/** Returns the usage, with the larger of the reported and the estimated output. */
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
  /** Reads a value; a bad one counts as output all the same. */
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
    // Reported at the next delta: the usage in the last one comes too late to end the stream.
    if (run.said.usage !== undefined) call.onUsage?.(stepUsage(run.said));
    const added = heard(delta, () => addDelta(run.said, delta));
    length += added.text.length;
    if (added.said.usage !== run.said.usage) saidAt = length;
    run.said = added.said;
    if (added.text !== "") call.onText(added.text);
    if (run.said.text.length > MAX_TEXT_LENGTH) throw endless();
  }
  const isFinal = run.said.usage === undefined || saidAt === length;
  return readReply(isFinal ? run.said : { ...run.said, usage: usedOf(run.said) }, question.turn);
}

/**
 * Checks the exports of a model module.
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
  const message = `The model module ${url} has to default-export a function ${shape}`;
  throw new CoppiceError("OPTIONS_INVALID", message, { module: url });
}

async function importModel(
  url: string,
  importModule: (url: string) => Promise<unknown>,
): Promise<ModelFunction> {
  const namespace = await importModule(url).catch((thrown: unknown) => {
    const message = `The model module ${url} cannot be imported: ${describe(thrown)}`;
    throw new CoppiceError("OPTIONS_INVALID", message, { module: url });
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

/** Returns a stream that throws as soon as the signal is aborted, whatever its source waits for. */
async function* abortableStream(source: AsyncIterable<unknown>, signal: AbortSignal) {
  const iterator = source[Symbol.asyncIterator]();
  try {
    for (;;) {
      const next = await abortable(iterator.next(), signal);
      if (next.done) return;
      yield next.value;
    }
  } finally {
    // Not awaited, and its error is ignored: the call already has its outcome.
    close(iterator).catch(() => undefined);
  }
}

async function close(iterator: AsyncIterator<unknown>): Promise<void> {
  await iterator.return?.();
}

function endless(): CoppiceError {
  const message = `A model module streamed more than ${MAX_TEXT_LENGTH} characters; end the stream`;
  return new CoppiceError("MODEL_FAILED", message);
}
