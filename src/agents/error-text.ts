import type { ErrorCode } from "../errors.ts";
import { shorten } from "../wire/clip.ts";
import { contentText } from "../wire/content.ts";
import type { Json } from "../wire/json.ts";
import type { LoadedTemplate } from "./loaded-template.ts";

interface ErrorFields {
  readonly code?: Json;
  readonly message?: Json;
  readonly details?: Json;
}

type Details = { readonly [name: string]: Json | undefined };
/** Returns the text for an error; undefined when the error's own message is the best text. */
type Words = (details: Details, loaded: LoadedTemplate) => string | undefined;

/** Most characters of a list of names; a longer one would crowd out the conversation. */
const MAX_NAMED = 4_000;

/**
 * Returns an error as text for a model: it says what is allowed or exists instead. The error's own
 * message may name what an operator could change, and a model would only ask for that.
 */
export function errorText({ code, message, details }: ErrorFields, loaded: LoadedTemplate): string {
  const words = Object.hasOwn(table, String(code)) ? table[code as ErrorCode] : undefined;
  const text = words?.(fieldsOf(details), loaded) ?? contentText(message ?? "");
  return `${contentText(code ?? "FAILED")}: ${text}`;
}

const table: Partial<Record<ErrorCode, Words>> = {
  TOOL_UNKNOWN: ({ tool }, loaded) => join(`There is no tool ${quoted(tool)}`, mayUse(loaded)),
  CAPABILITY_DENIED: denied,
  AGENT_UNKNOWN: ({ agent, name, known }, loaded) =>
    agent === undefined
      ? join(`You know no agent ${quoted(name)}`, mayReach(known))
      : join(`There is no kind of agent ${quoted(agent)}`, mayStart(loaded)),
  BUDGET_EXCEEDED: ({ unit, retryAfterMs }) =>
    `The budget for this is spent (${contentText(unit ?? "")})${later(retryAfterMs)}. ` +
    "Continue with what you have, and say what is missing.",
  DEPTH_EXCEEDED: () => "No agent may be started from here. Do the work yourself.",
  SPAWNS_EXCEEDED: ({ retryAfterMs }) =>
    `No more agents may be started${later(retryAfterMs)}. Continue with those you have, or alone.`,
  CHILDREN_EXCEEDED: ({ value }) =>
    value === 0
      ? "You may have no agents of your own. Do the work yourself."
      : `You have as many agents as may live at once (${value}). Wait for one to end.`,
  MAILBOX_FULL: () => "The agent's mailbox is full. Send again later, or continue without it.",
  NAME_INVALID: ({ name }) =>
    `The name ${quoted(name)} cannot be used. Choose another, of letters, digits, "_" and "-".`,
};

function denied({ tool, agent, subject, argument }: Details, loaded: LoadedTemplate) {
  if (agent !== undefined) return join(mayStart(loaded), `Not ${quoted(agent)}.`);
  const [kind = "", name = ""] = parts(tool ?? subject);
  // The error's own message says which arguments are allowed.
  if (argument !== undefined) return undefined;
  if (kind === "spawn") return join(mayStart(loaded, name), `Not ${quoted(name)}.`);
  if (kind === "message") return `You may not write to ${quoted(name)}.`;
  return kind === "model" ? undefined : join(mayUse(loaded, name), `Not ${shown(loaded, name)}.`);
}

/** Returns the kind and the name of a subject; a subject without a kind is a tool's. */
function parts(subject: Json | undefined): readonly string[] {
  const text = contentText(subject ?? "");
  const [, kind, name] = /^(tool|spawn|message|model):(.*)$/s.exec(text) ?? [];
  return kind === undefined ? ["tool", text] : [kind, name ?? ""];
}

/** Returns the name under which a model knows the tool. */
function shown({ template }: LoadedTemplate, subject: string): string {
  return template.tools.find((card) => card.subject === subject)?.name ?? subject;
}

function mayUse({ cards }: LoadedTemplate, except?: string): string {
  const others = cards.filter(({ name, subject }) => name !== except && subject !== except);
  return (
    listed(
      "You may use",
      others.map(({ name }) => name),
    ) ?? "You have no tools that you may use."
  );
}

function mayStart({ template }: LoadedTemplate, except?: string): string {
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
  return names.length === 0 ? undefined : `${what}: ${shorten(names.join(", "), MAX_NAMED)}.`;
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
