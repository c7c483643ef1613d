import { readdirSync, readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { CLI_OPTIONS } from "../../src/cli/arguments.ts";
import { EXIT_CODES, USAGE_EXIT_CODE } from "../../src/cli/exit-codes.ts";
import { ERRORS } from "../../src/errors.ts";
import { AGENT_LIMITS, ROOT_LIMITS, TOP_LEVEL_SPAWNS } from "../../src/kernel/limits.ts";
import { modelSchema } from "../../src/specs/model-schema.ts";
import * as schemas from "../../src/specs/spec-schema.ts";
import { createInstruments, observeStats } from "../../src/telemetry/instruments.ts";
import { checkMcpServer } from "../../src/tools/mcp/mcp-config.ts";
import { EPHEMERAL, FACTS } from "../../src/wire/event.ts";
import { EVENT_FIELDS } from "./event-fields.ts";
import { TYPED_KEYS } from "./option-keys.ts";
import { namesOf, rowsOf } from "./reference-tables.ts";

/** As Zod keeps a schema: what is wrapped, listed or chosen among. */
interface Def {
  readonly shape?: Readonly<Record<string, unknown>>;
  readonly innerType?: unknown;
  readonly element?: unknown;
  readonly options?: readonly unknown[];
  readonly valueType?: unknown;
  readonly in?: unknown;
  readonly out?: unknown;
}

/** The shape of every object in a schema, at whatever depth. */
function allShapesOf(schema: unknown): object[] {
  const def = (schema as { _zod: { def: Def } })._zod.def;
  const { shape, innerType, element, valueType, options = [] } = def;
  const inside = [innerType, element, valueType, def.in, def.out, ...options];
  const below = [...inside, ...Object.values(shape ?? {})].filter((one) => one !== undefined);
  return [...(shape === undefined ? [] : [shape]), ...below.flatMap(allShapesOf)];
}

function shapesOf(schema: unknown): Readonly<Record<string, unknown>>[] {
  const { shape, innerType, element, options = [] } = (schema as { _zod: { def: Def } })._zod.def;
  if (shape !== undefined) return [shape];
  return [innerType, element, ...options].filter((one) => one !== undefined).flatMap(shapesOf);
}

function shapeOf(schema: unknown): Readonly<Record<string, unknown>> {
  const [shape, ...more] = shapesOf(schema);
  if (shape === undefined || more.length > 0) throw new Error("not exactly one object");
  return shape;
}

const [anthropic, scripted, module] = shapesOf(modelSchema);
const { supervisorSchema, budgetSchema } = schemas;
const step = shapeOf(scripted?.steps);

/** What has options, by the heading of the reference that lists them. */
const options: Readonly<Record<string, object | undefined>> = {
  SupervisorOptions: shapeOf(supervisorSchema),
  AgentSpec: shapeOf(schemas.specSchema),
  SpawnOptions: shapeOf(schemas.spawnSchema),
  Limits: shapeOf(schemas.limitsSchema),
  Budget: shapeOf(budgetSchema),
  PerAction: shapeOf(budgetSchema.shape.perAction),
  BudgetWindow: shapeOf(budgetSchema.shape.windows),
  Intensity: shapeOf(supervisorSchema.shape.intensity),
  BreakerOptions: shapeOf(supervisorSchema.shape.breaker),
  Anthropic: anthropic,
  Scripted: scripted,
  "Scripted step": step,
  "Scripted call": shapeOf(step.toolCalls),
  "Scripted usage": shapeOf(step.usage),
  Module: module,
  InspectOptions: shapeOf(supervisorSchema.shape.inspect),
  StopOptions: shapeOf(schemas.stopSchema),
  UsageFilter: shapeOf(schemas.usageSchema),
  Decided: shapeOf(schemas.decidedSchema),
  "Command line": Object.fromEntries(Object.keys(CLI_OPTIONS).map((name) => [`--${name}`, true])),
  Decision: shapeOf(schemas.decisionSchema),
  "coppice.config.json": shapeOf(schemas.folderBoundsSchema),
  ...TYPED_KEYS,
};

/** The texts of the telemetry's sources that name something of OpenTelemetry. */
function namedInTelemetry(): Set<string> {
  const folder = new URL("../../src/telemetry/", import.meta.url);
  const code = readdirSync(folder).map((file) => readFileSync(new URL(file, folder), "utf8"));
  const name = /["`]((?:gen_ai|coppice)\.[a-z_.]+|error\.type)(\$\{)?/g;
  return new Set(
    [...code.join("\n").matchAll(name)].map(([, text, isOpen]) =>
      isOpen ? `${text}*` : `${text}`,
    ),
  );
}

/** A meter that knows only what it was asked for, and what is observed of it. */
function heardMeter(): { readonly meter: never; readonly metrics: Map<string, Set<string>> } {
  const metrics = new Map<string, Set<string>>();
  const create = (name: string) => {
    metrics.set(name, new Set());
    return { name };
  };
  const stats = {
    agents: { running: 1 },
    atWork: 1,
    hosts: [{ id: "a", kind: "b", state: "c", agents: 1 }],
    queues: { spawns: 1 },
    mailboxes: 1,
    calls: 1,
    deadLetters: 1,
    servers: [],
  };
  const meter = {
    createHistogram: create,
    createCounter: create,
    createObservableGauge: create,
    addBatchObservableCallback: (observe: (result: unknown) => void) =>
      observe({
        observe: ({ name }: { readonly name: string }, _value: number, attributes = {}) => {
          for (const key of Object.keys(attributes)) metrics.get(name)?.add(key);
        },
      }),
  } as never;
  createInstruments(meter);
  observeStats(meter, () => stats);
  return { meter, metrics };
}

describe("docs/reference.md", () => {
  it.each(Object.entries(options))("lists the options of %s, and no others", (heading, known) => {
    expect(namesOf(heading)).toEqual(Object.keys(known ?? {}).sort());
  });

  it("has a table for each object of the options, at whatever depth", () => {
    // A reference to a value is no option.
    const { valueSchema: _reference, ...exported } = schemas;
    const all = [...Object.values(exported), modelSchema].flatMap(allShapesOf);
    const listed = Object.values(options);
    const unlisted = all.filter((shape) => !listed.includes(shape));
    expect(unlisted.map((shape) => Object.keys(shape))).toEqual([]);
  });

  it("lists every event with its kind and its fields, and no others", () => {
    const known = Object.entries(EVENT_FIELDS).map(([type, fields]) => ({
      type,
      kind: (EPHEMERAL as readonly string[]).includes(type) ? "ephemeral" : "fact",
      fields: Object.entries(fields)
        .map(([name, when]) => (when === "always" ? `\`${name}\`` : `*\`${name}\`*`))
        .sort(),
    }));
    expect(known.map(({ type }) => type).sort()).toEqual([...FACTS, ...EPHEMERAL].sort());
    const listed = rowsOf("Events").map(({ name, cells: [kind, fields = ""] }) => {
      return { type: name, kind, fields: fields.split(" ").filter(Boolean).sort() };
    });
    expect(listed).toEqual(known);
  });

  it("lists every error code with its advice, and no others", () => {
    const listed = rowsOf("Error codes").map(({ name, cells }) => [name, ...cells.slice(1)]);
    const known = Object.entries(ERRORS).map(([code, { advice, retryable }]) => {
      return [code, advice, retryable ? "yes" : "no"];
    });
    expect(listed.map((cells) => cells.slice(0, 3))).toEqual(known);
  });

  it("lists every metric, and the attributes of every gauge", () => {
    const { metrics } = heardMeter();
    expect(namesOf("Metrics")).toEqual([...metrics.keys()].sort());
    for (const { name, cells } of rowsOf("Metrics")) {
      if (!cells[0]?.startsWith("gauge")) continue;
      const said = [...String(cells[1]).matchAll(/`([^`]+)`/g)].map(([, attribute]) => attribute);
      expect(said, name).toEqual([...(metrics.get(name) ?? [])]);
    }
  });

  it("lists every attribute of spans and metrics, and no others", () => {
    const { metrics } = heardMeter();
    const attributes = [...namedInTelemetry()].filter((name) => !metrics.has(name));
    expect(namesOf("Attributes")).toEqual(attributes.sort());
    const ofMetrics = rowsOf("Metrics").flatMap(({ cells }) =>
      [...String(cells[1]).matchAll(/`([^`]+)`/g)].map(([, attribute]) => attribute),
    );
    expect(ofMetrics.filter((name) => !attributes.includes(String(name)))).toEqual([]);
  });

  it("lists every exit code and what it means, and no others", () => {
    const known = Object.entries({ ...EXIT_CODES, "usage error": USAGE_EXIT_CODE });
    const listed = rowsOf("Exit codes").map(({ name, cells }) => [name, cells[0]]);
    expect(listed.map(([code]) => code).sort()).toEqual(known.map(([, code]) => `${code}`).sort());
    for (const [what, code] of known) {
      expect(listed.find(([said]) => said === `${code}`)?.[1]).toContain(what);
    }
  });

  it("gives the defaults of limits as they are", () => {
    const known = {
      ...ROOT_LIMITS,
      ...AGENT_LIMITS,
      spawns: TOP_LEVEL_SPAWNS,
      spawnRate: undefined,
    };
    for (const { name, cells } of rowsOf("Limits")) {
      const value = known[name as keyof typeof known];
      const said = cells[1]?.replaceAll(",", "") ?? "";
      expect(`${name} ${said}`).toMatch(new RegExp(`^${name} ${value ?? "none"}\\b`));
    }
  });

  it("lists a type of MCP servers that is understood", () => {
    expect(() => checkMcpServer("a", { command: "b", type: "stdio" })).not.toThrow();
    expect(() => checkMcpServer("a", { command: "b", kind: "stdio" })).toThrow("unknown option");
  });
});
