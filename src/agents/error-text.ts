import type { ErrorCode } from "../errors.ts";
import { shorten } from "../wire/clip.ts";
import { contentText } from "../wire/content.ts";
import type { Json } from "../wire/json.ts";
import type { HeldTemplate } from "./held-template.ts";

interface Told {
  readonly code?: Json;
  readonly message?: Json;
  readonly details?: Json;
}

type Details = { readonly [name: string]: Json | undefined };
/** Undefined where the error's own message says it best. */
type Words = (details: Details, held: HeldTemplate) => string | undefined;

/** Of a list of names, over which it would push a conversation aside. */
const MOST_NAMED = 4_000;

/**
 * An error as a model reads it: what is allowed or exists instead. What an operator could change
 * stands in the error's message, and would only lead a model to ask for it.
 */
export function errorText({ code, message, details }: Told, held: HeldTemplate): string {
  const words = Object.hasOwn(table, String(code)) ? table[code as ErrorCode] : undefined;
  const told = words?.(fieldsOf(details), held) ?? contentText(message ?? "");
  return `${contentText(code ?? "FAILED")}: ${told}`;
}

const table: Partial<Record<ErrorCode, Words>> = {
  TOOL_UNKNOWN: ({ tool }, held) => join(`There is no tool ${quoted(tool)}`, mayUse(held)),
  CAPABILITY_DENIED: denied,
  AGENT_UNKNOWN: ({ agent, name, known }, held) =>
    agent === undefined
      ? join(`You know no agent ${quoted(name)}`, mayReach(known))
      : join(`There is no kind of agent ${quoted(agent)}`, mayStart(held)),
  BUDGET_EXCEEDED: ({ unit, retryAfterMs }) =>
    `The budget for it is spent (${contentText(unit ?? "")})${later(retryAfterMs)}. ` +
    "Go on with what you have, and say what is missing.",
  DEPTH_EXCEEDED: () => "No agent may be started from here. Do the work yourself.",
  SPAWNS_EXCEEDED: ({ retryAfterMs }) =>
    `No more agents may be started${later(retryAfterMs)}. Go on with those you have, or yourself.`,
  CHILDREN_EXCEEDED: ({ value }) =>
    value === 0
      ? "You may have no agents of your own. Do the work yourself."
      : `You have as many agents as may live at once (${value}). Wait for one to end.`,
  MAILBOX_FULL: () => "Its mailbox is full. Send again later, or go on without it.",
  NAME_INVALID: ({ name }) =>
    `The name ${quoted(name)} cannot be used: take another one, of letters, digits, "_" and "-".`,
};

function denied({ tool, agent, subject, argument }: Details, held: HeldTemplate) {
  if (agent !== undefined) return join(mayStart(held), `Not ${quoted(agent)}.`);
  const [kind = "", name = ""] = parts(tool ?? subject);
  // Why an argument is refused says what would not be, which no list of names does.
  if (argument !== undefined) return undefined;
  if (kind === "spawn") return join(mayStart(held, name), `Not ${quoted(name)}.`);
  if (kind === "message") return `You may not write to ${quoted(name)}.`;
  return kind === "model" ? undefined : join(mayUse(held, name), `Not ${shown(held, name)}.`);
}

/** A subject without a kind is a tool's. */
function parts(subject: Json | undefined): readonly string[] {
  const text = contentText(subject ?? "");
  const [, kind, name] = /^(tool|spawn|message|model):(.*)$/s.exec(text) ?? [];
  return kind === undefined ? ["tool", text] : [kind, name ?? ""];
}

/** The name under which a model knows the tool. */
function shown({ template }: HeldTemplate, subject: string): string {
  return template.tools.find((card) => card.subject === subject)?.name ?? subject;
}

function mayUse({ cards }: HeldTemplate, except?: string): string {
  const others = cards.filter(({ name, subject }) => name !== except && subject !== except);
  return (
    listed(
      "You may use",
      others.map(({ name }) => name),
    ) ?? "You have no tools that you may use."
  );
}

function mayStart({ template }: HeldTemplate, except?: string): string {
  const others = template.agents.filter(({ name }) => name !== except);
  return (
    listed(
      "You may start",
      others.map(({ name }) => name),
    ) ?? "You may start no agents."
  );
}

function mayReach(known: Json | undefined): string {
  const names = Array.isArray(known) ? known.map(String) : [];
  return listed("You know", ["parent", ...names]) as string;
}

function listed(what: string, names: readonly string[]): string | undefined {
  return names.length === 0 ? undefined : `${what}: ${shorten(names.join(", "), MOST_NAMED)}.`;
}

function later(retryAfterMs: Json | undefined): string {
  return typeof retryAfterMs === "number" ? ` for ${Math.ceil(retryAfterMs / 1_000)} s` : "";
}

function quoted(name: Json | undefined): string {
  return `"${contentText(name ?? "")}"`;
}

function join(first: string, second: string): string {
  return `${first}${first.endsWith(".") ? "" : "."} ${second}`;
}

function fieldsOf(value: Json | undefined): Details {
  const plain = typeof value === "object" && value !== null && !Array.isArray(value);
  return plain ? (value as Details) : {};
}
