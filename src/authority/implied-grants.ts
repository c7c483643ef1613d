import { CoppiceError } from "../errors.ts";
import { didYouMean } from "../wire/did-you-mean.ts";
import type { AgentSpec, Grant } from "../wire/spec.ts";
import { isDeny, onlyDenies } from "./grant-options.ts";
import { modelSubject, modelsOf, spawnSubject, toolSubject } from "./subjects.ts";

type Templates = Readonly<Record<string, AgentSpec>>;
type Layer = readonly Grant[];

/** The rights of the whole tree when the supervisor is given no grants. */
const SUPERVISOR_GRANTS: Layer = Object.freeze(["tool:*", "model:*", "spawn:*", "message:*"]);

/** Returns the root's grants: the default, the default with denies added, or the given list. */
export function supervisorGrants(grants: Layer | undefined): Layer {
  return withDefault(grants, () => SUPERVISOR_GRANTS);
}

/** Returns a layer that narrows: denies alone take away from everything. */
export function narrowed(grants: Layer): Layer {
  return onlyDenies(grants) ? ["*", ...grants] : grants;
}

/**
 * Derives the rights of agents from their specs.
 *
 * Without `grants` an agent may use its own model and tools and spawn its own `agents`. It may also
 * pass on, without using it itself, what those need, down to the last template that they name. So a
 * lead needs no written grants, and still every node of the path is checked. A template with
 * written grants needs its allows from above and nothing further down, since the agents that it
 * spawns cannot have more than it has.
 *
 * **Gotcha** a spec is read once and remembered by identity: do not change it afterwards.
 */
export class SpecGrants {
  readonly #templates: Templates;
  readonly #known = new WeakMap<AgentSpec, Layer>();

  constructor(templates: Templates) {
    this.#templates = templates;
  }

  /**
   * Returns the layers for an agent's standing; the second, from the options of the spawn, narrows
   * the first.
   *
   * **Fails with** `AGENT_UNKNOWN` when `agents` names no template, `OPTIONS_INVALID` when a model
   * cannot be read.
   */
  layers(spec: AgentSpec, narrowing?: Layer): readonly Layer[] {
    let own = this.#known.get(spec);
    if (own === undefined) {
      own = withDefault(spec.grants, () => this.#implied(spec));
      this.#known.set(spec, own);
    }
    if (narrowing === undefined) return [own];
    return [own, narrowed(narrowing)];
  }

  #implied(spec: AgentSpec): Layer {
    const grants = new Map<string, Grant>(ownPatterns(spec).map((pattern) => [pattern, pattern]));
    const due = [...(spec.agents ?? [])];
    const seen = new Set(due);
    for (const name of due) {
      const template = this.#template(name);
      for (const pattern of neededBy(template)) {
        if (!grants.has(pattern)) grants.set(pattern, { allow: pattern, use: false });
      }
      for (const next of goesOn(template) ? (template.agents ?? []) : []) {
        if (seen.has(next)) continue;
        seen.add(next);
        due.push(next);
      }
    }
    return [...grants.values()];
  }

  #template(name: string): AgentSpec {
    const template = Object.hasOwn(this.#templates, name) ? this.#templates[name] : undefined;
    if (template !== undefined) return template;
    const names = Object.keys(this.#templates);
    const known = names.join(", ") || "none";
    const meant = didYouMean(name, names);
    const message = `\`agents\` names "${name}", which is none of the templates (${known})${meant}`;
    throw new CoppiceError("AGENT_UNKNOWN", message, { agent: name });
  }
}

function withDefault(written: Layer | undefined, byDefault: () => Layer): Layer {
  if (written === undefined) return Object.freeze([...byDefault()]);
  return Object.freeze(onlyDenies(written) ? [...byDefault(), ...written] : [...written]);
}

/** Returns the subjects that an agent needs for what its spec names. */
export function ownPatterns(spec: AgentSpec): string[] {
  return [
    ...modelsOf(spec).map(modelSubject),
    ...(spec.tools ?? []).map(toolSubject),
    ...(spec.agents ?? []).map(spawnSubject),
  ];
}

/** Returns the subjects that must be passed on to a template so that it can use its own rights. */
function neededBy(template: AgentSpec): string[] {
  if (goesOn(template)) return ownPatterns(template);
  return (template.grants ?? []).flatMap((grant) => {
    if (typeof grant === "string") return [grant];
    return isDeny(grant) || !("allow" in grant) ? [] : [grant.allow];
  });
}

/** True when the rights are the default ones, which extend to the templates that it names. */
function goesOn({ grants }: AgentSpec): boolean {
  return grants === undefined || onlyDenies(grants);
}
