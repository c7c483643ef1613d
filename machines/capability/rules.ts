import { compileGlob } from "../glob.ts";
import { plainCopy } from "../plain-copy.ts";
import type { ArgumentCondition } from "./arguments.ts";
import { type CompiledCondition, compileCondition } from "./where.ts";

/** A right in full: what it names, when it holds, and whether it may be passed on. */
export interface CapabilityGrant {
  /** `revoke` voids what stands before it in the list, and the default rights. */
  readonly effect: "allow" | "deny" | "revoke";
  /** A subject in which `*` stands for any characters. */
  readonly pattern: string;
  /** For the holder itself. */
  readonly use: boolean;
  /** For what the holder spawns. */
  readonly delegate: boolean;
  /** An allow needs all of these, for a deny and for an ask one is enough. */
  readonly where?: readonly ArgumentCondition[];
  /** A person is asked each time. */
  readonly ask?: boolean;
  /** How often it may be used; 0 is never. */
  readonly uses?: number;
  /** Milliseconds from granting. */
  readonly expiresMs?: number;
  /** When it was granted and how often used: what a saved grant goes on from. */
  readonly since?: number;
  readonly used?: number;
}

/** Grants that belong together. Every layer of a node must allow: a second one only narrows. */
export type CapabilityLayer = readonly CapabilityGrant[];

export type Right = "use" | "delegate";

/** A grant ready to be asked. */
export interface Rule {
  readonly grant: CapabilityGrant;
  readonly matches: (subject: string) => boolean;
  readonly conditions: readonly CompiledCondition[];
  /** Set where a node holds it for itself; rules without a limit are shared. */
  readonly limit: Limit | undefined;
}

export interface Limit {
  readonly uses: number;
  /** Not a number when nobody said when it was granted: then it has expired. */
  readonly expiresAt: number;
  readonly since: number;
  used: number;
}

/** Rules by layer, so that a thousand agents of one template share one list. */
export type CompiledLayers = WeakMap<CapabilityLayer, readonly Rule[]>;

export function compileLayer(layer: CapabilityLayer, compiled: CompiledLayers): readonly Rule[] {
  const known = compiled.get(layer);
  if (known !== undefined) return known;
  const rules = layer.map(compileRule);
  // A list that can still be changed must be read again the next time.
  if (Object.isFrozen(layer)) compiled.set(layer, rules);
  return rules;
}

/** The rules as one node holds them from now on: what is counted is counted for it alone. */
export function holdRules(rules: readonly Rule[], now: number): readonly Rule[] {
  if (!rules.some(({ grant }) => isLimited(grant))) return rules;
  return rules.map((rule) => holdRule(rule, now));
}

export function holdGrant(grant: CapabilityGrant, now: number): Rule {
  return holdRule(compileRule(grant), now);
}

/** A copy of the grant as plain JSON, with how far it has been used. */
export function saveRule(rule: Rule): CapabilityGrant {
  const { limit } = rule;
  const grant = plainCopy(rule.grant);
  if (limit === undefined) return grant;
  const { since, used } = limit;
  // A time that is not a number would become null, which is 1970 when it is read again.
  return Number.isNaN(since) ? { ...grant, used } : { ...grant, used, since };
}

/** Whether the answer depends on more than the subject. */
export function isConditional({ conditions, grant }: Rule): boolean {
  return conditions.length > 0 || grant.ask === true || isLimited(grant);
}

export function isUsedUp({ limit }: Rule): boolean {
  return limit !== undefined && limit.used >= limit.uses;
}

export function isExpired({ limit }: Rule, now: number): boolean {
  return limit !== undefined && limit.expiresAt !== Infinity && !(now < limit.expiresAt);
}

function compileRule(grant: CapabilityGrant): Rule {
  const conditions = (grant.where ?? []).map(compileCondition);
  return { grant, matches: compileGlob(grant.pattern), conditions, limit: undefined };
}

function holdRule(rule: Rule, now: number): Rule {
  const { grant } = rule;
  if (!isLimited(grant)) return rule;
  const { uses = Infinity, expiresMs = Infinity, since = now, used = 0 } = grant;
  const expiresAt = expiresMs === Infinity ? Infinity : since + expiresMs;
  return { ...rule, limit: { uses, expiresAt, since, used } };
}

function isLimited({ uses, expiresMs }: CapabilityGrant): boolean {
  return uses !== undefined || expiresMs !== undefined;
}
