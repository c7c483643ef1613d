import { whereOf, yesesFor } from "./answers.ts";
import type { ReadArgument, WantedArgument } from "./arguments.ts";
import type { CapabilityNode } from "./node.ts";
import {
  type CapabilityGrant,
  isConditional,
  isExpired,
  isUsedUp,
  type Limit,
  type Right,
  type Rule,
} from "./rules.ts";
import type {
  CapabilityAsking,
  CapabilityDenied,
  CapabilityDepends,
  CapabilityPermitted,
  CapabilityVerdict,
  Lack,
} from "./verdict.ts";
import { lacking, touching } from "./where.ts";

/** The facts that an answer can depend on besides the subject. */
export interface Facts {
  readonly now: number;
  readonly arguments: readonly ReadArgument[];
}

/** The question that each node of a path is asked. */
export interface CapabilityQuestion {
  readonly subject: string;
  /** True when only the root needs a grant. */
  readonly byDefault: boolean;
  readonly facts: Facts;
  /** True when a person has allowed this one request. */
  readonly approved: boolean;
  /** True when the call was counted before. */
  readonly counted: boolean;
  /** The version of the subject; a remembered yes applies to that alone. */
  readonly version?: string | undefined;
}

interface Allowed {
  readonly rule: Rule | undefined;
  readonly asks: readonly Asks[];
}

/** A rule that asks. */
interface Asks {
  readonly grant: string;
  readonly where: string | null;
}

const PERMITTED: CapabilityPermitted = { status: "permitted" };
const COUNTS: CapabilityPermitted = { status: "permitted", counts: true };

/** Returns what the answer depends on besides the subject; undefined when on nothing. */
export function dependsOn(asking: CapabilityNode, subject: string): CapabilityDepends | undefined {
  const wanted: WantedArgument[] = [];
  let depends = false;
  for (let node: CapabilityNode | undefined = asking; node !== undefined; node = node.parent) {
    for (const rules of node.layers) {
      for (const rule of rules) {
        if (!isConditional(rule) || !rule.matches(subject)) continue;
        depends = true;
        addWanted(wanted, rule);
      }
    }
  }
  return depends ? { status: "depends", wanted } : undefined;
}

function addWanted(wanted: WantedArgument[], { conditions }: Rule): void {
  for (const { argument, patterns } of conditions) {
    for (const { kind } of patterns) {
      const known = wanted.some((one) => one.argument === argument && one.kind === kind);
      if (!known) wanted.push({ argument, kind });
    }
  }
}

/**
 * Asks every node of the path, and adds the limits of the grants that were used to `limits`. A deny
 * anywhere wins over an ask anywhere, and an ask over an allow.
 */
export function walk(
  asking: CapabilityNode,
  question: CapabilityQuestion,
  limits: Limit[] = [],
): CapabilityVerdict {
  let right: Right = "use";
  const asked: (Asks & { readonly node: string })[] = [];
  for (let node: CapabilityNode | undefined = asking; node !== undefined; node = node.parent) {
    const needsGrant = !question.byDefault || node.parent === undefined;
    for (const rules of node.layers) {
      const answer = askLayer(rules, { question, right, needsGrant });
      if ("no" in answer) {
        return { status: "denied", node: node.path, subject: question.subject, ...answer.no };
      }
      const { rule, asks } = answer;
      if (rule?.limit !== undefined && rule.limit.uses !== Infinity) limits.push(rule.limit);
      for (const one of asks) asked.push({ ...one, node: node.path });
    }
    right = "delegate";
  }
  const unanswered = question.approved ? undefined : askingOf(asking, question, asked);
  if (unanswered !== undefined) return unanswered;
  return limits.length === 0 ? PERMITTED : COUNTS;
}

/**
 * Returns the limits that a permitted request uses below the root, which may differ from those that
 * it was permitted by.
 */
export function limitsBelowRoot(asking: CapabilityNode, question: CapabilityQuestion): Limit[] {
  const limits: Limit[] = [];
  const needsGrant = !question.byDefault;
  for (let node = asking; node.parent !== undefined; node = node.parent) {
    const right = node === asking ? "use" : "delegate";
    for (const rules of node.layers) {
      const answer = askLayer(rules, { question, right, needsGrant });
      const limit = "no" in answer ? undefined : answer.rule?.limit;
      if (limit !== undefined && limit.uses !== Infinity) limits.push(limit);
    }
  }
  return limits;
}

/** Returns the question for a person, unless remembered yeses cover every rule that asks. */
function askingOf(
  asking: CapabilityNode,
  { subject, version }: CapabilityQuestion,
  asked: readonly (Asks & { readonly node: string })[],
): CapabilityAsking | undefined {
  let changed = false;
  const open = asked.filter(({ where }) => {
    const yeses = where === null ? [] : yesesFor(asking, subject, where);
    const isAnswered = yeses.some((yes) => yes.version === version);
    changed ||= !isAnswered && yeses.length > 0;
    return !isAnswered;
  });
  const [first] = open;
  if (first === undefined) return undefined;
  const wheres = [...new Set(asked.map(({ where }) => where))];
  return {
    status: "ask",
    nodes: [...new Set(open.map(({ node }) => node))],
    subject,
    grant: first.grant,
    ...(wheres.some((where) => where !== "") ? { wheres } : {}),
    ...(changed ? { changed } : {}),
  };
}

interface LayerQuestion {
  readonly question: CapabilityQuestion;
  readonly right: Right;
  readonly needsGrant: boolean;
}

type Refusal = Pick<CapabilityDenied, "deny" | "finding" | "lack">;

function askLayer(
  rules: readonly Rule[],
  { question, right, needsGrant }: LayerQuestion,
): Allowed | { readonly no: Refusal } {
  const { subject, facts } = question;
  let open = !needsGrant;
  let best: Rule | undefined;
  let asks: Asks[] = [];
  let near: Rule | undefined;
  let lack: Lack | undefined;
  for (const rule of rules) {
    const { grant, conditions, matches } = rule;
    if (!matches(subject)) continue;
    if (grant.effect === "deny") {
      const refusal = refusalOf(rule, facts);
      if (refusal !== undefined) return { no: refusal };
      continue;
    }
    if (grant.effect === "revoke") {
      [open, best, asks, near, lack] = [false, undefined, [], undefined, revoked(grant)];
      continue;
    }
    if (!grant[right]) continue;
    // A written grant for the subject replaces the default right.
    open = false;
    if (grant.ask) {
      const found = touching(conditions, facts.arguments);
      const isTouched = conditions.length === 0 || found !== undefined;
      const where = found?.unreadable === undefined ? whereOf(rule) : null;
      if (isTouched) asks.push({ grant: grant.pattern, where });
    }
    const missed = lackOf(rule, question);
    if (missed?.type === "argument" && grant.ask && !lackOf(rule, question, "nearly"))
      near ??= rule;
    if (missed !== undefined) lack ??= missed;
    else if (best === undefined || (isCounted(best) && !isCounted(rule))) best = rule;
  }
  if (open || best !== undefined) return { rule: best, asks };
  if (near === undefined) return { no: lack === undefined ? {} : { lack } };
  // Only a yes to this very call allows it: its options are not those of the grant.
  return { rule: near, asks: asks.map(({ grant }) => ({ grant, where: null })) };
}

function refusalOf({ grant, conditions }: Rule, facts: Facts): Refusal | undefined {
  if (conditions.length === 0) return { deny: grant.pattern };
  const finding = touching(conditions, facts.arguments);
  return finding === undefined ? undefined : { deny: grant.pattern, finding };
}

function lackOf(
  rule: Rule,
  { facts, counted }: CapabilityQuestion,
  how: "matches" | "nearly" = "matches",
): Lack | undefined {
  const grant = rule.grant.pattern;
  if (isExpired(rule, facts.now)) return { type: "expired", grant };
  const finding = lacking(rule.conditions, facts.arguments, how);
  if (finding !== undefined) return { type: "argument", grant, finding };
  if (counted || !isUsedUp(rule)) return undefined;
  return { type: "uses", grant, uses: rule.limit?.uses ?? 0 };
}

const revoked = ({ pattern }: CapabilityGrant): Lack => ({ type: "revoked", grant: pattern });
const isCounted = ({ grant }: Rule): boolean => grant.uses !== undefined;
