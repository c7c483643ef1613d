import type { Anthropic } from "@anthropic-ai/sdk";
import { CoppiceError } from "../errors.ts";
import type { AnthropicModel } from "../wire/spec.ts";
import { cutStream, describeFailure } from "./anthropic-failure.ts";
import { growReply, MAX_SAID, type MessageEvent } from "./anthropic-reply.ts";
import { type MessagesBody, messagesBody } from "./anthropic-request.ts";
import { fittedAttempts } from "./max-tokens.ts";
import {
  type CallRemains,
  type Model,
  type ModelCall,
  ModelCallFailed,
  nothingUsed,
} from "./model.ts";
import { type Attempt, type RetryPolicy, retry } from "./retry.ts";
import { awaitSilence } from "./silence.ts";

export interface AnthropicEnv {
  readonly ANTHROPIC_API_KEY?: string | undefined;
  readonly ANTHROPIC_BASE_URL?: string | undefined;
}

/**
 * Most clients, one per base URL and key. No program needs as many, so only a mistake is evicted.
 */
const MAX_CLIENTS = 16;

/**
 * Returns a function that makes models of the Messages API. They share one SDK client per base URL
 * and key.
 *
 * **Guarantees** The SDK is loaded at the first call. Retries are made here and are visible. The
 * key is in no error. Nothing is printed. An abort closes the HTTP stream at once. A stream from
 * which nothing comes for ten minutes counts as cut.
 * **Fails with** `MODEL_FAILED` with `status`, `type`, `reason` and `attempts` in its details.
 * **Gotcha** The API removed `temperature` in version 2026-10-21: a spec that sets it is sent with
 * the version before, which newer models may refuse.
 */
export function anthropicModels(
  env: AnthropicEnv,
  policy: RetryPolicy,
): (spec: AnthropicModel) => Model {
  const clients = new Map<string, Promise<Anthropic>>();

  const clientOf = (apiKey: string, baseURL: string): Promise<Anthropic> => {
    const key = `${baseURL} ${apiKey}`;
    const known = clients.get(key);
    if (known) return known;
    const [oldest] = clients.keys();
    if (clients.size >= MAX_CLIENTS && oldest !== undefined) clients.delete(oldest);
    const client = newClient(apiKey, baseURL);
    clients.set(key, client);
    return client;
  };

  return (spec) => ({
    async call(request, call) {
      const apiKey = env.ANTHROPIC_API_KEY?.trim();
      if (!apiKey) throw keyMissing(spec.model);
      const baseUrl = spec.baseUrl || env.ANTHROPIC_BASE_URL || "https://api.anthropic.com";
      checkUrl(baseUrl);
      const service: Service = {
        client: await clientOf(apiKey, baseUrl),
        clock: policy.clock,
        silentMs: policy.silentMs,
        apiKey,
      };
      const withTokens = (number: number, maxTokens: number) =>
        attempt(number, service, messagesBody(spec, { ...request, maxTokens }), call);
      return retry(fittedAttempts(withTokens, request.maxTokens, call), policy, call);
    },
  });
}

interface Service extends Pick<RetryPolicy, "clock" | "silentMs"> {
  readonly client: Anthropic;
  readonly apiKey: string;
}

async function newClient(apiKey: string, baseURL: string): Promise<Anthropic> {
  const { Anthropic } = await import("@anthropic-ai/sdk");
  return new Anthropic({ apiKey, baseURL, maxRetries: 0, logLevel: "off", openTelemetry: false });
}

async function attempt(
  attempts: number,
  { client, apiKey, clock, silentMs }: Service,
  body: MessagesBody,
  call: ModelCall,
): Promise<Attempt> {
  const { model } = body;
  const reply = growReply();
  const remains = () => ({ usage: reply.usage(), partial: true, partialText: reply.text() });
  let begun = false;
  using silence = awaitSilence(call.signal, silentMs);
  try {
    const stream = await openStream(client, body, silence.signal);
    begun = true;
    for await (const event of stream) {
      silence.heard();
      const delta = reply.add(event);
      if (event.type === "message_start") call.onUsage?.(reply.usage());
      if (delta !== "") call.onText(delta);
      // Returning from the loop closes the stream.
      if (reply.isEndless()) return endless(model, attempts, remains());
    }
  } catch (thrown) {
    // An error after the last event has no effect.
    if (reply.whole() === undefined) {
      const context = { model, attempts, begun, apiKey, now: clock.wall() };
      const { unbilled, ...failure } = describeFailure(thrown, context);
      return { status: "failed", ...failure, remains: unbilled ? nothingUsed : remains() };
    }
  }
  // The SDK ends an aborted stream without an error, as if it had been cut.
  const whole = reply.whole();
  if (whole) return { status: "answered", reply: whole };
  return {
    status: "failed",
    error: cutStream(model, attempts),
    again: true,
    remains: remains(),
  };
}

function endless(model: string, attempts: number, remains: CallRemains): Attempt {
  const message = `Model ${model} said more than ${MAX_SAID} characters in one answer`;
  const error = new CoppiceError("MODEL_FAILED", message, { model, attempts, type: "endless" });
  return { status: "failed", error, again: false, remains };
}

/**
 * Opens a stream. `messages.create` would do the same, but it prints a warning for each call of an
 * older model, and its types know neither read-only data nor `temperature`.
 */
function openStream(client: Anthropic, body: MessagesBody, signal: AbortSignal) {
  return client.post<AsyncIterable<MessageEvent>>("/v1/messages", {
    body,
    signal,
    stream: true,
    ...(body.temperature !== undefined && { headers: { "anthropic-version": "2023-06-01" } }),
  });
}

/**
 * Checks a base URL. Its error does not show the URL: a wrong one may contain a password, which
 * `fetch` refuses anyway.
 */
function checkUrl(baseUrl: string): void {
  const url = URL.parse(baseUrl);
  if (url && /^https?:$/.test(url.protocol) && !url.username && !url.password) return;
  const message = "The base URL of the Anthropic API has to be an http or https URL without a user";
  const where = "it comes from the model's `baseUrl` or from ANTHROPIC_BASE_URL";
  throw new ModelCallFailed(new CoppiceError("OPTIONS_INVALID", `${message}; ${where}`));
}

function keyMissing(model: string): ModelCallFailed {
  const message = `Model ${model} needs a key: set the environment variable ANTHROPIC_API_KEY`;
  return new ModelCallFailed(
    new CoppiceError("MODEL_FAILED", message, { model, type: "no_key", retryable: false }),
  );
}
