import { compileGlob } from "../glob.ts";
import { plainCopy } from "../plain-copy.ts";
import type { ArgumentCondition } from "./arguments.ts";
import { type CompiledCondition, compileCondition } from "./where.ts";

/** A full right: its subjects, its conditions, and whether it may be passed on. */
export interface CapabilityGrant {
  /** `revoke` voids the grants before it in the list, and the default rights. */
  readonly effect: "allow" | "deny" | "revoke";
  /** A subject in which `*` stands for any characters. */
  readonly pattern: string;
  /** True when the holder itself may use it. */
  readonly use: boolean;
  /** True when the agents that the holder spawns may have it. */
  readonly delegate: boolean;
  /** Conditions: an allow needs all of them; for a deny and for an ask one is enough. */
  readonly where?: readonly ArgumentCondition[];
  /** True when a person is asked each time. */
  readonly ask?: boolean;
  /** The number of times that it may be used; 0 is never. */
  readonly uses?: number;
  /** Milliseconds from granting. */
  readonly expiresMs?: number;
  /** The time of granting and the uses so far, from which a saved grant continues. */
  readonly since?: number;
  readonly used?: number;
}

/** A list of grants. Every layer of a node must allow, so a second one only narrows. */
export type CapabilityLayer = readonly CapabilityGrant[];

export type Right = "use" | "delegate";

/** A compiled grant. */
export interface Rule {
  readonly grant: CapabilityGrant;
  readonly matches: (subject: string) => boolean;
  readonly conditions: readonly CompiledCondition[];
  /** Set for a limited right of one node; rules without a limit are shared. */
  readonly limit: Limit | undefined;
}

export interface Limit {
  readonly uses: number;
  /** NaN when the time of granting is not known; the right has then expired. */
  readonly expiresAt: number;
  readonly since: number;
  used: number;
}

/** Compiled rules by layer, so that a thousand agents of one template share one list. */
export type CompiledLayers = WeakMap<CapabilityLayer, readonly Rule[]>;

export function compileLayer(layer: CapabilityLayer, compiled: CompiledLayers): readonly Rule[] {
  const known = compiled.get(layer);
  if (known !== undefined) return known;
  const rules = layer.map(compileRule);
  // A list that can still be changed must be compiled again the next time.
  if (Object.isFrozen(layer)) compiled.set(layer, rules);
  return rules;
}

/** Returns the rules of one node: their uses and expiry are counted for this node alone. */
export function holdRules(rules: readonly Rule[], now: number): readonly Rule[] {
  if (!rules.some(({ grant }) => isLimited(grant))) return rules;
  return rules.map((rule) => holdRule(rule, now));
}

export function holdGrant(grant: CapabilityGrant, now: number): Rule {
  return holdRule(compileRule(grant), now);
}

/** Returns a copy of the grant as plain JSON, with its uses so far. */
export function saveRule(rule: Rule): CapabilityGrant {
  const { limit } = rule;
  const grant = plainCopy(rule.grant);
  if (limit === undefined) return grant;
  const { since, used } = limit;
  // JSON would turn NaN into null, which is 1970 when it is read again.
  return Number.isNaN(since) ? { ...grant, used } : { ...grant, used, since };
}

/** True when the answer depends on more than the subject. */
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
