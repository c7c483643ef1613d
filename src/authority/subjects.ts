import { CoppiceError } from "../errors.ts";
import { clip } from "../wire/clip.ts";
import { describe } from "../wire/error-codec.ts";
import { modelId, NAMED_PROVIDERS, PROVIDER_NAMES, providerOf } from "../wire/providers.ts";
import type { AgentSpec, ModelSpec } from "../wire/spec.ts";

/** The forms of a model as a text, for error messages. */
const texts = NAMED_PROVIDERS.map((name) => `"${name}:<model>"`);
const NAMED = `${texts.join(", ")} or the \`file:\` URL of a module`;
const PROVIDED = `${PROVIDER_NAMES.map((name) => `"${name}"`).join(", ")} or a \`file:\` URL`;

/** The kinds of subject that grants can name. */
export const SUBJECT_KINDS = ["tool", "model", "spawn", "message"] as const;

export const toolSubject = (name: string): string => `tool:${name}`;
export const spawnSubject = (template: string): string => `spawn:${template}`;
export const messageSubject = (path: string): string => `message:${path}`;

/** Returns `model:anthropic:<id>`, `model:scripted`, or `model:<module url>`. */
export function modelSubject(model: ModelSpec): string {
  const id = modelId(model);
  return id === undefined ? `model:${model.provider}` : `model:${model.provider}:${id}`;
}

/** The most names that are cached. */
const MAX_NAMES = 1_000;

/** A cache of the texts of subjects that are requested again and again. */
export class SubjectTexts {
  readonly #tools = new Map<string, string>();
  readonly #models = new WeakMap<ModelSpec, string>();

  ofTool(name: string): string {
    let subject = this.#tools.get(name);
    if (subject !== undefined) return subject;
    if (this.#tools.size >= MAX_NAMES) this.#tools.clear();
    subject = toolSubject(name);
    this.#tools.set(name, subject);
    return subject;
  }

  ofModel(model: ModelSpec): string {
    let subject = this.#models.get(model);
    if (subject !== undefined) return subject;
    subject = modelSubject(model);
    this.#models.set(model, subject);
    return subject;
  }
}

/**
 * Reads a model as an agent's spec may give it: `"anthropic:claude-haiku-5-5"`, a module's `file:`
 * URL, or a {@link ModelSpec}.
 *
 * **Fails with** `OPTIONS_INVALID` for any other provider, and for a spec without a field that its
 * provider needs.
 */
export function parseModel(model: string | ModelSpec): ModelSpec {
  if (typeof model !== "string") return checkModel(model);
  const at = model.indexOf(":");
  const [provider, id] = at < 0 ? [model, ""] : [model.slice(0, at), model.slice(at + 1)];
  if (model.startsWith("file:")) return checkModel({ provider: model });
  const known = providerOf({ provider });
  if (known?.id !== undefined && at >= 0) return checkModel({ provider, [known.id]: id });
  throw invalid(model, known?.give ?? `write ${NAMED}`);
}

/** Returns the models of an agent in the order of their use: its own, then its fallbacks. */
export function modelsOf({ model, fallback = [] }: AgentSpec): readonly ModelSpec[] {
  const own = model === undefined ? [] : [model];
  return [...own, ...[fallback].flat()].map(parseModel);
}

function checkModel(model: ModelSpec): ModelSpec {
  if (typeof model !== "object" || model === null || typeof model.provider !== "string") {
    throw invalid(model, "a model has a `provider`");
  }
  const spec: { readonly [field: string]: unknown } = { ...model };
  const { maxTokens } = spec;
  const known = providerOf(model);
  if (known === undefined) throw invalid(model, `the provider must be ${PROVIDED}`);
  const lack = known.lackOf(spec);
  if (lack !== undefined) throw invalid(model, lack);
  if (maxTokens !== undefined && (!Number.isSafeInteger(maxTokens) || Number(maxTokens) < 1)) {
    throw invalid(model, "`maxTokens` must be a whole number of at least 1");
  }
  return model;
}

function invalid(model: unknown, what: string): CoppiceError {
  const shown = clip(describe(model), 200);
  return new CoppiceError("OPTIONS_INVALID", `The model ${shown} cannot be used: ${what}`);
}
