import { CoppiceError } from "../errors.ts";
import type { Clock } from "../wire/clock.ts";
import type { ProviderName } from "../wire/providers.ts";
import type { AnthropicModel, ModelSpec, ModuleModel, ScriptedModel } from "../wire/spec.ts";
import { type AnthropicEnv, anthropicModels } from "./anthropic.ts";
import type { Model } from "./model.ts";
import { moduleModel } from "./module.ts";
import type { RetryPolicy } from "./retry.ts";
import { scriptedModel } from "./scripted.ts";

export interface ModelsOptions {
  /** Environment with the API keys; only library hosts have any. */
  readonly env: AnthropicEnv;
  /** Imports a model module by its `file:` URL. */
  readonly importModule: (url: string) => Promise<unknown>;
  readonly clock: Clock;
  /** Randomness for the jitter of retries. Default `Math.random`. */
  readonly chance?: () => number;
  /** Attempts of a call after the first. Default 3; 0 means none. */
  readonly retries?: number;
  /** Milliseconds without data after which a stream counts as cut. Default 600_000. */
  readonly silentMs?: number;
}

/** The models of one host. */
export interface Models {
  /**
   * Returns the model of a spec, the same one for the same spec object.
   *
   * **Fails with** `OPTIONS_INVALID` for an unknown provider.
   */
  of(spec: ModelSpec): Model;
}

type MakeModel = (spec: ModelSpec) => Model;

/** All providers. A new one is one file, and one line here. */
const providers = {
  anthropic: (options: ModelsOptions): MakeModel => {
    const make = anthropicModels(options.env, policyOf(options));
    return (spec) => make(spec as AnthropicModel);
  },
  scripted:
    ({ clock }: ModelsOptions): MakeModel =>
    (spec) =>
      scriptedModel(spec as ScriptedModel, clock),
  "file:": (options: ModelsOptions): MakeModel => {
    const policy = policyOf(options);
    return (spec) => moduleModel(spec as ModuleModel, options.importModule, policy);
  },
} satisfies Record<ProviderName, (options: ModelsOptions) => MakeModel>;

function policyOf(options: ModelsOptions): RetryPolicy {
  const { clock, chance = Math.random, retries, silentMs } = options;
  return { clock, chance, silentMs, ...(retries !== undefined && { retries }) };
}

/** Creates the models of a host. Nothing is loaded before a model is called. */
export function createModels(options: ModelsOptions): Models {
  const makers = new Map(
    Object.entries(providers).map(([name, provider]) => [name, provider(options)]),
  );
  const made = new WeakMap<ModelSpec, Model>();
  return {
    of(spec) {
      let model = made.get(spec);
      if (model === undefined) {
        model = makerOf(spec, makers)(spec);
        made.set(spec, model);
      }
      return model;
    },
  };
}

function makerOf({ provider }: ModelSpec, makers: ReadonlyMap<string, MakeModel>): MakeModel {
  const make = makers.get(provider.startsWith("file:") ? "file:" : provider);
  if (make) return make;
  const known = [...makers.keys()].join(", ");
  const message = `No model provider is called ${provider}; it has to be one of ${known}`;
  throw new CoppiceError("OPTIONS_INVALID", message, { provider });
}
