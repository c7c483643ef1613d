import type { FromJsonSchema } from "../tools/schema/from-json-schema.ts";
import type { StandardSchemaV1 } from "../tools/schema/standard-schema.ts";
import type { Json, JsonSchema } from "../wire/json.ts";
import type { AgentSpec } from "../wire/spec.ts";

/** The output type of each agent, by name; this one says nothing about either. */
export type AnyAgents = { readonly [agent: string]: Json };

/** The schema of each agent's output, by name; this one says nothing about either. */
export type AnySchemas = { readonly [agent: string]: unknown };

/** The types that a caller may expect of an output: any, where nothing more is known than JSON. */
export type Expected<Known> = Json extends Known ? unknown : Known;

/** The type of the output that a schema describes; {@link Json} where it says nothing. */
export type OutputOf<Schema> = unknown extends Schema
  ? Json
  : JsonSchema extends Schema
    ? Json
    : Said<
        Schema extends StandardSchemaV1<unknown, infer Output> ? Output : FromJsonSchema<Schema>
      >;

type Said<Read> = unknown extends Read ? Json : Read;

/**
 * A schema as it was written in place. TypeScript 5 infers it as "fresh" within a mapped type, and
 * a fresh type extends nothing that has fewer fields.
 */
export type Written<Schema> = unknown extends Schema
  ? Schema
  : JsonSchema extends Schema
    ? Schema
    : { readonly [Name in keyof Schema]: Written<Schema[Name]> };

/** The templates of a supervisor, as its options give them: `Schemas` are those of the outputs. */
export type AgentSpecs<Schemas, ToolName extends string, Label extends string> = {
  readonly [Name in keyof Schemas]: AgentSpec<Schemas[Name]> &
    NamesOf<NoInfer<keyof Schemas & string>, NoInfer<ToolName>>;
} & { readonly [name: string]: AgentSpec & { readonly labels?: Labels<Label> } };

/** The fields of a spec with the names that editors complete in them. */
type NamesOf<Agent extends string, ToolName extends string> = {
  readonly agents?: readonly Completed<Agent>[];
  readonly tools?: readonly Completed<ToolName>[];
};

/** The fields of a spawn's options with the names that editors complete in them. */
export type SpawnNames<ToolName extends string, Label extends string> = {
  readonly tools?: readonly Completed<ToolName>[];
  readonly labels?: Labels<Label>;
};

/** A name that editors complete; any other text is accepted too. */
type Completed<Name extends string> = Name | (string & Record<never, never>);

/** Labels whose names editors complete. */
type Labels<Label extends string> = { readonly [Name in Label]?: string } & {
  readonly [label: string]: string;
};
