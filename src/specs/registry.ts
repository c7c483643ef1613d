import { createHash } from "node:crypto";
import { compileGlob } from "../../machines/glob.ts";
import { readBudgets } from "../authority/budget-options.ts";
import { readGrants } from "../authority/grant-options.ts";
import { SpecGrants } from "../authority/implied-grants.ts";
import { requireOwnRights } from "../authority/own-rights.ts";
import { modelsOf } from "../authority/subjects.ts";
import { CoppiceError } from "../errors.ts";
import type { DedicatedHost, HostKind, ModuleRef } from "../hosts/host.ts";
import type { WarmKind } from "../hosts/warm-hosts.ts";
import { checkName } from "../kernel/names.ts";
import type { Toolbox } from "../tools/toolbox.ts";
import type { Template } from "../wire/delivery.ts";
import { didYouMean } from "../wire/did-you-mean.ts";
import { ownText } from "../wire/own-text.ts";
import { isModule, needsKey } from "../wire/providers.ts";
import type { AgentSpec, ModelSpec } from "../wire/spec.ts";
import { preambleTokens } from "../wire/token-estimate.ts";
import { check } from "./check.ts";
import { cloneable } from "./cloneable.ts";
import { type ResolvedSpec, tighterLimits, tighterMs } from "./resolved-spec.ts";
import { specSchema } from "./spec-schema.ts";
import type { SpawnOptions } from "./supervisor-options.ts";

/** The templates of one supervisor; turns specs into resolved specs. */
export class Registry {
  readonly #specs: ReadonlyMap<string, AgentSpec>;
  readonly #toolbox: Toolbox;
  readonly #grants: SpecGrants;
  readonly #resolved = new Map<string, ResolvedSpec>();
  readonly #threads: number;

  /** Checks every template. Fails with the code of the first fault. */
  constructor(specs: Readonly<Record<string, AgentSpec>>, toolbox: Toolbox, threads: number) {
    this.#threads = threads;
    this.#specs = new Map(Object.entries(specs));
    this.#toolbox = toolbox;
    this.#grants = new SpecGrants(specs);
    for (const [name, spec] of this.#specs) {
      this.#checkSpec(spec, `agents.${name}`, name);
      checkName(spec.name ?? name);
    }
  }

  has(name: string): boolean {
    return this.#specs.has(name);
  }

  /** Drops the prepared specs, because the tools of a server have changed. */
  refresh(): void {
    this.#resolved.clear();
  }

  /** Returns the modules that must be importable before an agent of this spec can run. */
  modulesOf(spec: AgentSpec): readonly ModuleRef[] {
    const modules: ModuleRef[] = [];
    if (spec.machine !== undefined) modules.push({ url: spec.machine, kind: "machine" });
    const models = modelsOf(spec).filter(isModule);
    return [...modules, ...models.map(({ provider: url }) => ({ url, kind: "model" }) as const)];
  }

  get models(): readonly ModelSpec[] {
    return [...this.#specs.values()].flatMap(modelsOf);
  }

  get modules(): readonly ModuleRef[] {
    return [...this.#specs.values()].flatMap((spec) => this.modulesOf(spec));
  }

  /** The kinds of hosts that templates with isolation ask for. */
  get isolated(): readonly WarmKind[] {
    return [...this.#specs.values()].flatMap((spec) => {
      const isolation = isolationOf(spec);
      return isolation === undefined ? [] : [{ kind: kindOf(spec), isolation }];
    });
  }

  /** Returns the spec of a template by name, or the given spec, checked. */
  specOf(agent: string | AgentSpec): AgentSpec {
    if (typeof agent !== "string") {
      this.#checkSpec(agent, "the agent's spec");
      return agent;
    }
    const spec = this.#specs.get(agent);
    if (spec !== undefined) return spec;
    const known = [...this.#specs.keys()];
    const meant = didYouMean(agent, known);
    const available =
      known.length === 0 ? "no template is registered" : `known: ${known.join(", ")}`;
    throw new CoppiceError(
      "AGENT_UNKNOWN",
      `there is no agent template "${agent}"; ${available}${meant}`,
      {
        agent,
        known,
      },
    );
  }

  /**
   * Resolves a spec and spawn options into one; the tighter bound wins, field by field.
   *
   * **Fails with** OPTIONS_INVALID for a loop without a model or an input, TOOL_UNKNOWN,
   * AGENT_UNKNOWN.
   * @param isChecked true when the spawn order was checked before, including the tools that it
   *   names
   */
  resolve(agent: string | AgentSpec, options: SpawnOptions, isChecked = false): ResolvedSpec {
    const spec = isChecked && typeof agent !== "string" ? agent : this.specOf(agent);
    const cached = typeof agent === "string" && options.tools === undefined;
    const base = cached ? this.#resolved.get(agent) : undefined;
    if (!isChecked && options.tools !== undefined) this.#checkTools(options.tools, "tools");
    const resolved = base ?? this.#prepare(agent, spec, options);
    if (cached && base === undefined) this.#resolved.set(agent, resolved);
    const input = options.input ?? resolved.input;
    if (input === undefined && spec.machine === undefined) {
      throw new CoppiceError(
        "OPTIONS_INVALID",
        `"${resolved.agent}" was given no input: give its \`spawn\` or its spec an \`input\``,
      );
    }
    return {
      ...resolved,
      input,
      chosenName: options.name && ownText(options.name),
      limits:
        options.limits === undefined
          ? resolved.limits
          : tighterLimits(resolved.limits, options.limits),
      budgets:
        options.budget === undefined ? resolved.budgets : [...resolved.budgets, options.budget],
      layers:
        options.grants === undefined ? resolved.layers : this.#grants.layers(spec, options.grants),
      labels:
        options.labels === undefined
          ? resolved.labels
          : { ...resolved.labels, ...ownTexts(options.labels) },
      timeoutMs: tighterMs(resolved.timeoutMs, options.timeoutMs),
    };
  }

  #prepare(agent: string | AgentSpec, spec: AgentSpec, options: SpawnOptions): ResolvedSpec {
    const models = modelsOf(spec);
    const cards = this.#toolbox.match(spec.tools ?? []);
    const asked = options.tools;
    const narrowed = asked === undefined ? undefined : this.#toolbox.match(asked);
    const subjects = new Set(narrowed?.map((card) => card.subject));
    const tools =
      narrowed === undefined ? cards : cards.filter((card) => subjects.has(card.subject));
    const own = spec.tools ?? (spec.machine === undefined ? [] : undefined);
    const base = ownText(spec.name ?? (typeof agent === "string" ? agent : "agent"));
    return {
      spec,
      agent: typeof agent === "string" ? agent : base,
      base,
      chosenName: undefined,
      template: this.#template(spec, models, tools),
      preamble: preambleTokens(spec.instructions, tools),
      kind: kindOf(spec),
      isolation: isolationOf(spec),
      models,
      layers: this.#grants.layers(spec),
      budgets: spec.budget === undefined ? [] : [spec.budget],
      limits: spec.limits ?? {},
      labels: ownTexts(spec.labels),
      shown: [own, asked].filter((list) => list !== undefined).map(holdsAnyOf),
      timeoutMs: spec.timeoutMs,
      input: spec.input === undefined ? undefined : cloneable(spec.input, "input"),
    };
  }

  #template(spec: AgentSpec, models: ResolvedSpec["models"], tools: Template["tools"]): Template {
    const { machine, output } = spec;
    const instructions = spec.instructions?.toWellFormed();
    const [model, ...fallback] = models;
    const body = {
      ...(machine === undefined ? {} : { machine }),
      ...(model === undefined ? {} : { model }),
      ...(fallback.length === 0 ? {} : { fallback }),
      ...(instructions === undefined ? {} : { instructions }),
      ...(output === undefined ? {} : { output }),
      tools,
      agents: (spec.agents ?? []).map((name) => ({
        name,
        description: this.#specs.get(name)?.instructions?.toWellFormed() ?? "",
      })),
    };
    // The hash of a tool stands for its whole description, which may be megabytes.
    const shown = tools.map(({ subject, name }) => [subject, name, this.#toolbox.hashOf(subject)]);
    const text = JSON.stringify({ ...body, tools: shown });
    return { id: createHash("sha256").update(text).digest("base64url"), ...body };
  }

  #checkSpec(spec: AgentSpec, what: string, template?: string): void {
    check(specSchema, spec, what);
    if (spec.name !== undefined) checkName(spec.name);
    if (this.#threads === 0 && isolationOf(spec) !== undefined) {
      const why = "with `threads: 0` every agent lives in the calling thread, and none is apart";
      throw new CoppiceError("OPTIONS_INVALID", `${what}.isolation: ${why}`);
    }
    checkModels(spec, what);
    readBudgets(spec.budget === undefined ? [] : [spec.budget], `${what}.budget`);
    readGrants(spec.grants ?? [], `${what}.grants`);
    this.#checkTools(spec.tools ?? [], `${what}.tools`);
    for (const name of spec.agents ?? []) {
      if (this.#specs.has(name)) continue;
      const meant = didYouMean(name, this.#specs.keys());
      const message = `${what}.agents names "${name}", which is no template${meant}`;
      throw new CoppiceError("AGENT_UNKNOWN", message, { agent: name });
    }
    const listed = (tool: string) => this.#toolbox.match([tool]).map(({ subject }) => subject);
    const name = template ?? spec.name;
    requireOwnRights(spec, name === undefined ? what : `agent "${name}"`, listed);
    cloneable(spec.input, `${what}.input`);
  }

  #checkTools(patterns: readonly string[], what: string): void {
    for (const pattern of patterns) {
      if (pattern === "*" || this.#toolbox.mayMatch(pattern)) continue;
      const subjects = this.#toolbox.list().map(({ subject }) => subject);
      const meant = didYouMean(pattern, subjects);
      const message = `${what} names "${pattern}", which matches no registered tool${meant}`;
      throw new CoppiceError("TOOL_UNKNOWN", message, { tool: pattern });
    }
  }
}

/** Copies labels, because they outlive the agent and must not keep a longer text in memory. */
function ownTexts(labels: ResolvedSpec["labels"] = {}): ResolvedSpec["labels"] {
  return Object.fromEntries(
    Object.entries(labels).map(([name, text]) => [ownText(name), ownText(text)]),
  );
}

/** Compiles names and globs once for all calls of an agent. */
function holdsAnyOf(patterns: readonly string[]): (tool: string) => boolean {
  const tests = patterns.map(compileGlob);
  return (tool) => tests.some((matches) => matches(tool));
}

function checkModels(spec: AgentSpec, what: string): void {
  if (spec.model === undefined && (spec.machine === undefined || spec.fallback !== undefined)) {
    const needs =
      spec.machine === undefined ? "a `model` or a `machine`" : "a `model` to fall from";
    throw new CoppiceError("OPTIONS_INVALID", `${what}: an agent needs ${needs}`);
  }
  const models = modelsOf(spec);
  if (spec.machine !== undefined || !models.some(isModule) || !models.some(needsKey)) return;
  const rule = `${what}: a loop runs where its models do, modules never beside a model with a key`;
  const instead = "use one kind for `model` and `fallback`, or a `machine`";
  throw new CoppiceError("OPTIONS_INVALID", `${rule}; ${instead}`);
}

function kindOf(spec: AgentSpec): HostKind {
  const isUserCode = spec.machine !== undefined || modelsOf(spec).some(isModule);
  return isUserCode ? "user-code" : "library";
}

function isolationOf(spec: AgentSpec): DedicatedHost | undefined {
  const { isolation: level, memoryMb, cpuSeconds, openFiles } = spec;
  if (level === undefined || level === "shared") return undefined;
  return { level, memoryMb, cpuSeconds, openFiles };
}
