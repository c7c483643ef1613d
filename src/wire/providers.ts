import type { ModelSpec } from "./spec.ts";

/** What is to be known of a model provider without loading what speaks to it. */
interface Provider {
  /** Variables of the environment that only our own hosts are given: keys, and where they hold. */
  readonly environment: readonly string[];
  /** The field that tells its models apart, in names, subjects, prices and circuits. */
  readonly id?: string;
  /** Where its specs cannot be written as a text: what to give instead. */
  readonly give?: string;
  /** What a spec lacks without which it is no model. */
  readonly lackOf: (spec: { readonly [field: string]: unknown }) => string | undefined;
}

/** What stands before the URL of a module that is its own provider. */
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

/** `file:` stands for every module. */
export type ProviderName = keyof typeof providers;

/** The names of those that are no modules. */
export const PROVIDER_NAMES = Object.keys(providers).filter((name) => name !== MODULE);

/** Those whose models can be written as a text: `anthropic:claude-sonnet-4-5`. */
export const NAMED_PROVIDERS = Object.entries<Provider>(providers)
  .filter(([, { id }]) => id !== undefined)
  .map(([name]) => name);

/** All that our own hosts are given of the environment. */
export const PROVIDER_ENVIRONMENT = Object.values(providers).flatMap((one) => one.environment);

/** What is known of the provider that a spec or a text names; undefined where there is none. */
export function providerOf({ provider }: Pick<ModelSpec, "provider">): Provider | undefined {
  if (provider.startsWith(MODULE)) return providers[MODULE];
  return Object.hasOwn(providers, provider) ? providers[provider as ProviderName] : undefined;
}

/** A module brings its own code, which runs only where users' code may. */
export function isModule({ provider }: ModelSpec): boolean {
  return provider.startsWith(MODULE);
}

/** True where its hosts must have a key. */
export function needsKey(model: ModelSpec): boolean {
  return (providerOf(model)?.environment.length ?? 0) > 0;
}

/** What tells a model from others of its provider; undefined where nothing does. */
export function modelId(model: ModelSpec): string | undefined {
  const field = providerOf(model)?.id;
  const id = field === undefined ? undefined : (model as { [field: string]: unknown })[field];
  return typeof id === "string" ? id : undefined;
}
