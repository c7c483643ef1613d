import { createCapability, mayEver } from "../../machines/capability/capability.ts";
import { compileGlob, globsMeet } from "../../machines/glob.ts";
import { CoppiceError } from "../errors.ts";
import type { AgentSpec, Grant } from "../wire/spec.ts";
import { onlyDenies, readGrants } from "./grant-options.ts";
import { ownPatterns } from "./implied-grants.ts";
import { modelSubject, modelsOf, spawnSubject, toolSubject } from "./subjects.ts";

/** A model, tool or agent that a spec names for its own agent. */
interface Own {
  readonly kind: "model" | "tool" | "agent";
  readonly name: string;
  /** Subjects of which its grants have to allow one. */
  readonly subjects: readonly string[];
  /** The pattern that could be added to its grants. */
  readonly pattern: string;
}

/**
 * Refuses a spec whose written grants leave its own model, tools or agents without any right: it
 * could never work, and the first sign would be its first call.
 *
 * Some right is enough: one with `where`, `ask` or `uses`, and for a glob in `tools` a right to one
 * of the tools that it matches. For a server that is not connected yet it is enough that the
 * patterns meet. A plain deny is a decision and not an oversight, except for the last model that is
 * left; a fallback without a right is skipped. The grants of ancestors and the options of a spawn
 * are not checked: they only narrow.
 *
 * **Fails with** OPTIONS_INVALID, naming what is left without a right.
 * @param called the name of the agent in the error's sentence
 * @param listed returns the tools that a name or glob matches now
 */
export function requireOwnRights(
  spec: AgentSpec,
  called: string,
  listed: (pattern: string) => readonly string[],
): void {
  const { grants } = spec;
  if (grants === undefined) return;
  const layer = onlyDenies(grants) ? [...ownPatterns(spec), ...grants] : grants;
  const left = ownOf(spec, listed).filter((own) => !hasSomeRight(own, layer));
  const without = left.filter(({ pattern }) => !denies(layer, pattern));
  if (without.length > 0) {
    const named = without.map(({ kind, name }) => `its own ${kind} "${name}"`).join(", ");
    const missing = without.map(({ pattern }) => pattern);
    const add = missing.map((one) => `"${one}"`).join(", ");
    const message = `${called}: its grants do not allow ${named}; add ${add}`;
    throw new CoppiceError("OPTIONS_INVALID", message, { option: "grants", missing });
  }
  const models = modelsOf(spec).map(modelSubject);
  if (models.length === 0 || !models.every((model) => denies(layer, model))) return;
  const message = `${called}: its grants deny "${models.join('", "')}", all the models that it has`;
  throw new CoppiceError("OPTIONS_INVALID", message, { option: "grants" });
}

function ownOf(spec: AgentSpec, listed: (pattern: string) => readonly string[]): Own[] {
  const named = (kind: Own["kind"], name: string, pattern: string): Own => {
    return { kind, name, subjects: [pattern], pattern };
  };
  const tools = (spec.tools ?? []).flatMap((name): Own[] => {
    const subjects = listed(name).map(toolSubject);
    // There is nothing that could be without a right.
    if (name === "*" && subjects.length === 0) return [];
    return [{ ...named("tool", name, toolSubject(name)), subjects }];
  });
  return [
    ...modelsOf(spec)
      .slice(0, 1)
      .map(modelSubject)
      .map((subject) => named("model", subject.slice("model:".length), subject)),
    ...tools,
    ...(spec.agents ?? []).map((name) => named("agent", name, spawnSubject(name))),
  ];
}

function hasSomeRight({ subjects, pattern }: Own, layer: readonly Grant[]): boolean {
  if (subjects.length === 0) return mayMeet(pattern, layer);
  const state = createCapability({ node: "/", layers: [] });
  const layers = [readGrants(layer, "/")];
  return subjects.some((subject) => mayEver(state, { parent: "/", layers, subject }));
}

/** True when a right may exist for tools that are not listed yet. */
function mayMeet(pattern: string, layer: readonly Grant[]): boolean {
  if (denies(layer, pattern)) return false;
  return readGrants(layer, "/").some(({ effect, use, pattern: allowed }) => {
    if (effect !== "allow" || !use) return false;
    // The name of a server stands for all of its tools.
    return globsMeet(allowed, pattern) || globsMeet(allowed, `${pattern}/*`);
  });
}

function denies(layer: readonly Grant[], pattern: string): boolean {
  return readGrants(layer, "/").some(
    ({ effect, where, pattern: denied }) =>
      effect === "deny" && where === undefined && compileGlob(denied)(pattern),
  );
}
