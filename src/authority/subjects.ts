import { CoppiceError } from "../errors.ts";
import { clip } from "../wire/clip.ts";
import { describe } from "../wire/error-codec.ts";
import type { AgentSpec, ModelSpec } from "../wire/spec.ts";

/** The kinds of subject that grants can name. */
export const SUBJECT_KINDS = ["tool", "model", "spawn", "message"] as const;

export const toolSubject = (name: string): string => `tool:${name}`;
export const spawnSubject = (template: string): string => `spawn:${template}`;
export const messageSubject = (path: string): string => `message:${path}`;

/** `model:anthropic:<id>`, `model:scripted`, or `model:<module url>`. */
export function modelSubject(model: ModelSpec): string {
  const id = anthropicModel(model);
  return id === undefined ? `model:${model.provider}` : `model:anthropic:${id}`;
}

/** The id of an Anthropic model; undefined for any other. */
export function anthropicModel(model: ModelSpec): string | undefined {
  return model.provider === "anthropic" && typeof model.model === "string"
    ? model.model
    : undefined;
}

/**
 * Reads a model as an agent's spec may give it: `"anthropic:claude-sonnet-4-5"`, a module's
 * `file:` URL, or a {@link ModelSpec}.
 *
 * **Fails with** `OPTIONS_INVALID` for any other provider, and for a spec without what its
 * provider needs.
 */
export function parseModel(model: string | ModelSpec): ModelSpec {
  if (typeof model !== "string") return checkModel(model);
  if (model.startsWith("file:")) return checkModel({ provider: model });
  const [provider, id] = split(model);
  if (provider === "anthropic" && id !== undefined) return checkModel({ provider, model: id });
  if (provider === "scripted") throw invalid(model, 'give `{ provider: "scripted", steps }`');
  throw invalid(model, 'write "anthropic:<model>" or the `file:` URL of a module');
}

/** The models of an agent in the order in which they are asked: its own, then its fallbacks. */
export function modelsOf({ model, fallback = [] }: AgentSpec): readonly ModelSpec[] {
  const own = model === undefined ? [] : [model];
  return [...own, ...[fallback].flat()].map(parseModel);
}

function checkModel(model: ModelSpec): ModelSpec {
  if (typeof model !== "object" || model === null || typeof model.provider !== "string") {
    throw invalid(model, "a model has a `provider`");
  }
  const spec: { readonly [field: string]: unknown } = { ...model };
  const { provider } = model;
  const { maxTokens } = spec;
  if (provider === "anthropic") {
    const id = spec.model;
    if (typeof id !== "string" || !/^\S+$/.test(id)) throw invalid(model, "`model` must be an id");
  } else if (provider === "scripted") {
    if (!Array.isArray(spec.steps)) throw invalid(model, "`steps` must be a list");
  } else if (!provider.startsWith("file:") || !URL.canParse(provider)) {
    throw invalid(model, 'the provider must be "anthropic", "scripted" or a `file:` URL');
  }
  if (maxTokens !== undefined && (!Number.isSafeInteger(maxTokens) || Number(maxTokens) < 1)) {
    throw invalid(model, "`maxTokens` must be a whole number of at least 1");
  }
  return model;
}

function split(model: string): [string, string | undefined] {
  const at = model.indexOf(":");
  return at < 0 ? [model, undefined] : [model.slice(0, at), model.slice(at + 1)];
}

function invalid(model: unknown, what: string): CoppiceError {
  const shown = clip(describe(model), 200);
  return new CoppiceError("OPTIONS_INVALID", `The model ${shown} cannot be used: ${what}`);
}
