import type { AnyEvent, EventOf, EventType, RuntimeEvent } from "../wire/event.ts";
import type { JsonLike } from "../wire/json.ts";
import { isValueRef } from "../wire/value-ref.ts";

/** The tone of a happening, which decides its colour. */
export type Tone = "plain" | "quiet" | "good" | "warning" | "bad";

/** An event in words: what happened, and to what. */
export interface Happening {
  readonly what: string;
  readonly detail: string;
  readonly tone: Tone;
}

type Tell<Event> = (event: Event) => Happening | undefined;

const ofServer = ({ server, tool }: { readonly server: string; readonly tool?: string }): string =>
  join(server, tool ?? "");

/**
 * Yields no line, because another event of the same moment says more; `--json` prints every event.
 */
const silent = (): undefined => undefined;

/** The text of each event type; a new event type does not compile without an entry. */
const table: { readonly [Type in EventType]: Tell<EventOf<Type>> } = {
  "agent.spawned": ({ template, incarnation }) => {
    const which = Number(incarnation) > 1 ? `, incarnation ${text(incarnation)}` : "";
    return tell("spawned", `as ${text(template)}${which}`);
  },
  "agent.started": silent,
  "agent.state": silent,
  "agent.moved": (event) => tell("moved", `from ${text(event.from)} to ${text(event.to)}`, "quiet"),
  "agent.emitted": (event) => tell("emits", text(event.event)),
  "agent.printed": ({ text: printed, leftOut }) => {
    const rest = leftOut === undefined ? "" : `(${count(leftOut, "character")} left out)`;
    return tell("prints", join(text(printed), rest), "quiet");
  },
  "agent.restarted": (event) => {
    const { path, status, code } = fields(event.cause);
    const who = path === event.path ? "it" : text(path);
    const why = join(who, "ended", text(status), text(code));
    return tell("restarted", `as incarnation ${text(event.incarnation)}: ${why}`, "warning");
  },
  "agent.stopped": (event) => tellOutcome(event.outcome),
  "agent.output": silent,
  "spawn.queued": () => tell("queued", "waits for a slot", "quiet"),
  "spawn.refused": (event) => tell("refused", `spawn ${text(event.agent)}: ${why(event)}`, "bad"),
  "model.started": silent,
  "model.finished": tellModel,
  "model.retried": (event) => {
    const waits = `attempt ${text(event.attempt)} in ${text(event.delayMs)} ms`;
    return tell("retries", `model, ${waits}: ${why(event)}`, "warning");
  },
  "turn.failed": (event) => tell("failed", `one turn, which is left out: ${why(event)}`, "bad"),
  "tool.requested": (event) => tell("calls", `${text(event.tool)} ${text(event.input)}`),
  "tool.denied": (event) => tell("refused", `${text(event.tool)}: ${why(event)}`, "bad"),
  "tool.started": silent,
  "tool.progress": (event) => {
    const { fraction } = event;
    const percent = typeof fraction === "number" ? `${Math.round(fraction * 100)} %` : "";
    return tell("progress", join(text(event.tool), percent, text(event.message)), "quiet");
  },
  "tool.finished": tellTool,
  "budget.warning": (event) => tell("budget", `warning: ${rest(event)}`, "warning"),
  "budget.refused": (event) => tell("budget", `refused: ${rest(event)}`, "bad"),
  "approval.requested": (event) => {
    const nobody = event.unattended === true ? "; nobody could answer" : "";
    const what = join(text(event.subject), text(event.input));
    return tell("asks", `${what}: ${text(event.reason)}${nobody}`, "warning");
  },
  "approval.decided": (event) => tell("decided", rest(event)),
  "cancel.requested": (event) => tell("cancel", text(event.reason), "warning"),
  "cancel.closed": silent,
  "cancel.signalled": (event) =>
    tell("cancel", `signalled ${count(event.agents, "agent")}`, "quiet"),
  "cancel.killed": () => tell("killed", "it outlived its grace", "bad"),
  "letter.dead": (event) => {
    const times = typeof event.count === "number" ? ` (${event.count} letters)` : "";
    return tell(
      "undelivered",
      `from ${text(event.from)}: ${text(event.reason)}${times}`,
      "warning",
    );
  },
  "host.started": (event) => tell("host", `${text(event.host)} started`, "quiet"),
  "host.suspect": (event) => tell("host", `${text(event.host)} does not answer`, "warning"),
  "host.lost": (event) => tell("host", `${text(event.host)} lost: ${why(event)}`, "bad"),
  "host.stuck": (event) => tell("host", `${text(event.host)} cannot be ended`, "bad"),
  "mcp.connected": (event) => tell("server", `${text(event.server)} connected`, "quiet"),
  "mcp.skipped": (event) =>
    tell("server", `${ofServer(event)} left out: ${text(event.reason)}`, "warning"),
  "tool.renamed": (event) =>
    tell("server", `${ofServer(event)} is shown as ${text(event.name)}`, "quiet"),
  "tool.changed": (event) => tell("server", `${ofServer(event)} is not what it was`, "warning"),
  "mcp.lost": (event) => tell("server", `${text(event.server)} lost: ${text(event.error)}`, "bad"),
  "config.ineffective": (event) => {
    const { layer, option, asked, holds } = event;
    const bound = `${text(option)} ${text(asked)} of ${text(layer)}`;
    return tell("config", `${bound} has no effect: ${text(holds)} holds`, "warning");
  },
  "runtime.fault": (event) => {
    return tell("fault", `while ${text(event.doing)}: ${why(fields(event.error))}`, "bad");
  },
  gap: (event) => tell("gap", `${text(event.forgotten)} events were missed`, "warning"),
};

/** Describes an event in words; undefined when another event describes it better. */
export function happeningOf(event: RuntimeEvent): Happening | undefined {
  return (table[event.type] as Tell<RuntimeEvent>)(event);
}

function tell(what: string, detail: string, tone: Tone = "plain"): Happening {
  return { what, detail, tone };
}

function tellModel(event: EventOf<"model.finished">): Happening {
  if (event.isError === true) return tell("model", "failed", "bad");
  const usage = fields(event.usage);
  const read = ["inputTokens", "cacheReadTokens", "cacheWriteTokens"];
  const input = read.reduce((sum, name) => sum + Number(usage[name] ?? 0), 0);
  const usd = Number(event.usd ?? 0);
  const cost = usd === 0 ? "" : `, $${usd.toFixed(4)}`;
  return tell("model", `${input} tokens in, ${text(usage.outputTokens)} out${cost}`, "quiet");
}

function tellTool(event: EventOf<"tool.finished">): Happening {
  const tool = text(event.tool);
  if (event.isError !== true) return tell("result", `${tool} ${text(event.result)}`, "quiet");
  return tell("failed", `${tool}: ${why(fields(event.error))}`, "bad");
}

const tones: { readonly [status: string]: Tone } = { completed: "good", cancelled: "warning" };

function tellOutcome(given: JsonLike | undefined): Happening {
  const outcome = fields(given);
  const status = text(outcome.status);
  const detail = text(outcome.output) || why(fields(outcome.error));
  const because = detail || text(outcome.reason) || text(outcome.unit);
  return tell(status, because, tones[status] ?? "bad");
}

type Fields = { readonly [name: string]: JsonLike | undefined };

function fields(value: JsonLike | undefined): Fields {
  return typeof value === "object" && value !== null && !Array.isArray(value)
    ? (value as Fields)
    : {};
}

function why(of: Fields): string {
  return join(text(of.code), text(of.message ?? of.reason));
}

/** Returns all remaining fields of an event that has no sentence of its own. */
function rest({ type, path, at, seq, after, ...body }: AnyEvent): string {
  return Object.entries(body)
    .map(([name, value]) => `${name} ${text(value)}`)
    .join(", ");
}

function text(value: JsonLike | undefined): string {
  if (value === undefined || value === null) return "";
  if (isValueRef(value)) return `${value.head}… (${value.bytes} bytes)`;
  return typeof value === "string" ? value : JSON.stringify(value);
}

function count(value: JsonLike | undefined, of: string): string {
  return `${text(value)} ${of}${value === 1 ? "" : "s"}`;
}

function join(...parts: readonly string[]): string {
  return parts.filter((part) => part !== "").join(" ");
}
