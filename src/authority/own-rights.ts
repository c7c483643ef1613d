import { createCapability, mayEver } from "../../machines/capability/capability.ts";
import { compileGlob, globsMeet } from "../../machines/glob.ts";
import { CoppiceError } from "../errors.ts";
import type { AgentSpec, Grant } from "../wire/spec.ts";
import { onlyDenies, readGrants } from "./grant-options.ts";
import { ownPatterns } from "./implied-grants.ts";
import { modelSubject, modelsOf, spawnSubject, toolSubject } from "./subjects.ts";

/** Something that a spec names for its own agent. */
interface Own {
  readonly kind: "model" | "tool" | "agent";
  readonly name: string;
  /** What its grants have to allow: one of them. */
  readonly subjects: readonly string[];
  /** What could be added to them. */
  readonly pattern: string;
}

/**
 * Refuses a spec whose written grants leave its own model, tools or agents without any right: it
 * could never work, and nobody would be told before its first call.
 *
 * Some right is enough: with `where`, `ask` or `uses`, and of a glob in `tools` to one of the tools
 * that it stands for. Of a server that is not connected yet it is enough that the patterns meet. A
 * deny that says so is a decision and no oversight, except of the last model that is left; a
 * fallback without a right is passed over. What those above allow, and the options of a spawn, is
 * not looked at: they only narrow.
 *
 * **Fails with** OPTIONS_INVALID, naming what is left without a right.
 * @param called what the agent is called in the sentence
 * @param listed the tools that a name or glob stands for now
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
    const told = `${called}: its grants do not allow ${named}; add ${add}`;
    throw new CoppiceError("OPTIONS_INVALID", told, { option: "grants", missing });
  }
  const models = modelsOf(spec).map(modelSubject);
  if (models.length === 0 || !models.every((model) => denies(layer, model))) return;
  const told = `${called}: its grants deny "${models.join('", "')}", all the models that it has`;
  throw new CoppiceError("OPTIONS_INVALID", told, { option: "grants" });
}

function ownOf(spec: AgentSpec, listed: (pattern: string) => readonly string[]): Own[] {
  const named = (kind: Own["kind"], name: string, pattern: string): Own => {
    return { kind, name, subjects: [pattern], pattern };
  };
  const tools = (spec.tools ?? []).flatMap((name): Own[] => {
    const subjects = listed(name).map(toolSubject);
    // Nothing that could be without a right.
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

/** Of tools that nobody has listed yet. */
function mayMeet(pattern: string, layer: readonly Grant[]): boolean {
  if (denies(layer, pattern)) return false;
  return readGrants(layer, "/").some(({ effect, use, pattern: allowed }) => {
    if (effect !== "allow" || !use) return false;
    // The name of a server stands for what it has.
    return globsMeet(allowed, pattern) || globsMeet(allowed, `${pattern}/*`);
  });
}

function denies(layer: readonly Grant[], pattern: string): boolean {
  return readGrants(layer, "/").some(
    ({ effect, where, pattern: denied }) =>
      effect === "deny" && where === undefined && compileGlob(denied)(pattern),
  );
}
