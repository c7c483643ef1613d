import type { ModelSpec } from "./spec.ts";

/** The facts about a model provider that are known without loading its client. */
interface Provider {
  /** Environment variables that only library hosts receive: its keys, and their addresses. */
  readonly environment: readonly string[];
  /** The field that distinguishes its models in names, subjects, prices and circuit breakers. */
  readonly id?: string;
  /** Advice for a provider whose specs cannot be written as a text. */
  readonly give?: string;
  /** Returns what a spec lacks to be a model; undefined when it lacks nothing. */
  readonly lackOf: (spec: { readonly [field: string]: unknown }) => string | undefined;
}

/** The prefix of a module that is its own provider. */
const MODULE = "file:";

const providers = {
  anthropic: {
    environment: ["ANTHROPIC_API_KEY", "ANTHROPIC_BASE_URL"],
    id: "model",
    lackOf: ({ model }) =>
      typeof model === "string" && /^\S+$/.test(model) ? undefined : "`model` must be an id",
  },
  scripted: {
    environment: [],
    give: 'give `{ provider: "scripted", steps }`',
    lackOf: ({ steps }) => (Array.isArray(steps) ? undefined : "`steps` must be a list"),
  },
  [MODULE]: {
    environment: [],
    lackOf: ({ provider }) =>
      URL.canParse(String(provider)) ? undefined : "its `file:` URL cannot be read",
  },
} satisfies Record<string, Provider>;

/** The name of a provider; `file:` stands for every module. */
export type ProviderName = keyof typeof providers;

/** The names of the providers that are no modules. */
export const PROVIDER_NAMES = Object.keys(providers).filter((name) => name !== MODULE);

/** The providers whose models can be written as a text: `anthropic:claude-haiku-5-5`. */
export const NAMED_PROVIDERS = Object.entries<Provider>(providers)
  .filter(([, { id }]) => id !== undefined)
  .map(([name]) => name);

/** The environment variables that library hosts receive. */
export const PROVIDER_ENVIRONMENT = Object.values(providers).flatMap((one) => one.environment);

/** Returns the provider of a spec or of a text; undefined for an unknown one. */
export function providerOf({ provider }: Pick<ModelSpec, "provider">): Provider | undefined {
  if (provider.startsWith(MODULE)) return providers[MODULE];
  return Object.hasOwn(providers, provider) ? providers[provider as ProviderName] : undefined;
}

/** True for a module, which brings its own code and runs only on user-code hosts. */
export function isModule({ provider }: ModelSpec): boolean {
  return provider.startsWith(MODULE);
}

/** True when its hosts need a key. */
export function needsKey(model: ModelSpec): boolean {
  return (providerOf(model)?.environment.length ?? 0) > 0;
}

/**
 * Returns the id that distinguishes a model from others of its provider; undefined when there is
 * none.
 */
export function modelId(model: ModelSpec): string | undefined {
  const field = providerOf(model)?.id;
  const id = field === undefined ? undefined : (model as { [field: string]: unknown })[field];
  return typeof id === "string" ? id : undefined;
}
