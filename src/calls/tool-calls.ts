import type { ToolAsk } from "../authority/request.ts";
import { toolSubject } from "../authority/subjects.ts";
import { type Refused, refused, type Verdict } from "../authority/verdict.ts";
import type { Engine } from "../engine/engine.ts";
import { CoppiceError } from "../errors.ts";
import { isPaused, type Node } from "../kernel/node.ts";
import type { CallInput } from "../tools/input-reading.ts";
import type { CallRequest } from "../tools/running-call.ts";
import { INPUT_BOUND, MOST_INPUT_BYTES } from "../wire/call-input.ts";
import { didYouMean } from "../wire/did-you-mean.ts";
import { encodeError } from "../wire/error-codec.ts";
import type { Out } from "../wire/frame.ts";
import type { Json } from "../wire/json.ts";
import { refusalOf } from "../wire/json-bound.ts";
import type { JsonRefusal } from "../wire/json-refusal.ts";
import { quoted } from "../wire/shown-text.ts";
import type { Approvals } from "./approvals.ts";
import type { PacedCalls } from "./paced-calls.ts";
import type { CallAsked, Question, Said } from "./question.ts";
import { isToldNext, tellRefused } from "./refused-facts.ts";
import { type ReadCallInput, type ToolInputs, valueFor } from "./tool-inputs.ts";

/** Where tool calls are taken up. */
export interface ToolEngine extends Engine {
  readonly approvals: Approvals;
  readonly pacedCalls: PacedCalls;
  readonly toolInputs: ToolInputs;
}

type ToolOut = Extract<Out, { type: "tool" }>;
type Deny = (error: CoppiceError) => void;

/** A call under its tool's true name; `untold` tells that it was asked for, where nobody has. */
interface Called extends ToolOut {
  untold?: (() => void) | undefined;
}

/** Takes up a tool call: allowed, or asked about, or refused as a result that the agent reads. */
export function requestTool(swarm: ToolEngine, node: Node, out: ToolOut): void {
  const { parts, approvals, toolInputs } = swarm;
  const { callId, input } = out;
  const due = swarm.pacedCalls.takeDue(node, callId);
  if (due !== undefined) return due();
  const again = approvals.takeAgain(callId);
  const call = { ...out, tool: parts.toolbox.subjectOf(out.tool) };
  const kept = again && toolInputs.take(node, callId);
  // What was read for the tool as it was is no input for another.
  const isOther = again !== undefined && again.version !== parts.toolbox.hashOf(call.tool);
  if (again !== undefined && !isOther) return ask(swarm, node, call, { ...again, given: kept });
  const refusal = refusalOf(input, INPUT_BOUND);
  if (refusal !== undefined) return refuseUnkept(swarm, node, call, refusal);
  const given = readInput(swarm, node, call);
  const goOn = (read: CallInput | undefined) => begin(swarm, node, call, read, again);
  if (!(given instanceof Promise)) return goOn(given);
  const onWithdrawn = () => void (again ?? tellRequested(swarm, node, call));
  toolInputs.await(node, callId, { given, onWithdrawn, goOn });
}

/**
 * Reads what the agent said as its tool will be given it: before rights on arguments are asked,
 * since they are rights on what the tool gets. Not where no right could allow the call.
 */
function readInput(swarm: ToolEngine, node: Node, { callId, tool, input }: ToolOut) {
  const { arbiter, toolbox } = swarm.parts;
  const { path } = node;
  const { plan, seat, labels, signal } = swarm.recordOf(node);
  const isShown = !node.closed && plan.shown.every((holds) => holds(tool));
  if (!isShown || !arbiter.mayEver(seat, toolSubject(tool))) return undefined;
  return toolbox.read({ callId, tool, input, path, labels, attempt: 1, signal });
}

/** Goes on with a call whose input was read, or could not be; it is told of once. */
function begin(
  swarm: ToolEngine,
  node: Node,
  asked: ToolOut,
  given: CallInput | undefined,
  again: Said | undefined,
): void {
  const said = again ?? { approved: false };
  const isRead = given?.status === "read";
  let call: Called = asked;
  if (again === undefined) {
    const tell = () => tellRequested(swarm, node, asked, isRead ? given.read : []);
    // Of a loop of refusals the requests are told where the refusals are.
    if (isLoop(swarm, node, asked.tool)) call = { ...asked, untold: tell };
    else tell();
  }
  if (!isRead) {
    if (given !== undefined) return refuseCall(swarm, node, call)(given.error);
    return ask(swarm, node, call, { ...said, given });
  }
  const goOn = () => ask(swarm, node, call, { ...said, given });
  // It was paused while its input was read.
  if (isPaused(node)) return swarm.pacedCalls.askAgain(node, call.callId, goOn);
  goOn();
}

function tellLate(call: Called): void {
  call.untold?.();
  call.untold = undefined;
}

/** Its refusal would not be told by itself. */
function isLoop(swarm: ToolEngine, node: Node, tool: string): boolean {
  return node.refusals !== undefined && !isToldNext(swarm, node, refusalKind(swarm, tool));
}

/** Tools that there are not are counted together: their names are made up. */
function refusalKind({ parts }: ToolEngine, tool: string): string {
  return parts.toolbox.knows(tool) ? `tool ${tool}` : "tool";
}

/** A copy: whoever is told of the call must not change what it is. */
function tellRequested(
  { log }: ToolEngine,
  node: Node,
  { callId, tool, input }: Omit<ToolOut, "type">,
  read: ReadCallInput["read"] = [],
): void {
  const said = structuredClone(input ?? null);
  const places = read.length === 0 ? {} : { read };
  log.fact("tool.requested", node.path, { callId, tool, input: said, ...places });
}

/** Nothing of such an input is kept: neither an event nor a journal has room for it. */
function refuseUnkept(
  swarm: ToolEngine,
  node: Node,
  { callId, tool }: Omit<ToolOut, "input">,
  { path, reason, message, excess }: JsonRefusal,
): void {
  const isLarge = excess === "bytes";
  const most = `${MOST_INPUT_BYTES / 1_000_000} MB`;
  const told = isLarge
    ? `The input of "${tool}" is over ${most}; give it a file or a reference instead`
    : `The input of "${tool}" cannot be kept: ${message}`;
  const details = { tool, path, ...(isLarge ? { mostBytes: MOST_INPUT_BYTES } : {}) };
  const said = isLarge ? `[over ${most}, left out]` : `[it ${reason}: left out]`;
  const untold = () => tellRequested(swarm, node, { callId, tool, input: said });
  refuseCall(swarm, node, { callId, tool, untold })(
    new CoppiceError("TOOL_INPUT_INVALID", told, details),
  );
}

/** Settles a call that does not begin with the reason, which its agent reads. */
function refuseCall(swarm: ToolEngine, node: Node, call: Omit<Called, "input" | "type">): Deny {
  const { kernel, toolInputs } = swarm;
  const { callId, tool } = call;
  return (error) => {
    const { code, message } = error;
    const { path } = node;
    toolInputs.take(node, callId);
    const kind = refusalKind(swarm, tool);
    if (isToldNext(swarm, node, kind)) call.untold?.();
    tellRefused(swarm, node, kind, { type: "tool.denied", path, callId, tool, code, message });
    const { stack: _stack, ...wire } = encodeError(error, "TOOL_FAILED");
    kernel.settleCall(node, callId, { isError: true, error: wire });
  };
}

/** Yeses to a call that each were for what it no longer was: then it is refused. */
const MOST_OUTDATED = 3;
/** Of a name that no tool has, which may be anything. */
const MOST_NAME = 200;

interface Before extends Said {
  /** It has waited for its rate, with its budget reserved. */
  readonly isPaced?: boolean;
  /** Undefined where it was not read. */
  readonly given: ReadCallInput | undefined;
}

/** Asks the door, and does what follows from its answer. */
function ask(swarm: ToolEngine, node: Node, call: Called, before: Before): void {
  const { parts, approvals, toolInputs } = swarm;
  const { isPaced = false, given, allowed, outdated = 0 } = before;
  const { callId, tool } = call;
  const { view: input = call.input } = given ?? {};
  const version = parts.toolbox.hashOf(tool);
  // A yes was for the tool as it was then.
  const approved = before.approved && before.version === version;
  const deny = refuseCall(swarm, node, call);
  const verdict = allow(swarm, node, { callId, tool, input, approved, version, allowed });
  const asked = (): CallAsked => {
    return { node, callId, version, standIn: standInFor(swarm, node, call), deny };
  };
  if (isPaced && verdict.status !== "granted") parts.arbiter.release(callId, { started: false });
  if (verdict.status !== "granted") toolInputs.keep(node, callId, given);
  if (verdict.status !== "refused" || verdict.asks !== undefined) tellLate(call);
  switch (verdict.status) {
    case "ask": {
      // Allowed, and asked about all the same: it is not what was allowed.
      const said = { approved: false, outdated: outdated + (before.approved ? 1 : 0) };
      if (said.outdated >= MOST_OUTDATED) return deny(neverAsAllowed(tool));
      return approvals.askForCall({ ...asked(), said }, { input, ...verdict });
    }
    case "refused":
      return refuse(swarm, asked(), { ...verdict, tool, said: { ...before, approved } });
    default: {
      const { input: checked = input } = "input" in verdict ? verdict : {};
      const read = given && valueFor(given, checked);
      const go = () => start(swarm, node, { callId, tool, input: checked, read });
      if (isPaced) return go();
      const due = () => ask(swarm, node, call, { ...before, approved, version, isPaced: true });
      const subject = toolSubject(tool);
      const paced = { node, callId, subject, go, due, again: true, refuse: deny };
      return swarm.pacedCalls.pass(paced);
    }
  }
}

function neverAsAllowed(tool: string): CoppiceError {
  const message =
    `${quoted(tool)} was allowed ${MOST_OUTDATED} times, and each time it was another call ` +
    "by then: its arguments led elsewhere or the tool had changed; call it again when both stay";
  return new CoppiceError("APPROVAL_DENIED", message, { tool });
}

/** Unknown, hidden, not granted, not affordable: asked in this order, charged only at the end. */
function allow(swarm: ToolEngine, node: Node, ask: ToolAsk): Verdict {
  const { arbiter, toolbox } = swarm.parts;
  const { tool } = ask;
  const { plan, seat } = swarm.recordOf(node);
  const { path } = node;
  if (node.closed) return refused(new CoppiceError("CANCELLED", `${path} has ended`, { tool }));
  if (!toolbox.knows(tool)) {
    // None that it is not shown: what else there is does not concern it.
    const cards = toolbox.list().filter((card) => plan.shown.every((at) => at(card.subject)));
    const known = cards.map(({ name }) => name);
    const meant = didYouMean(tool, known) || ": register it in `tools` or `mcpServers`";
    const message = `there is no tool ${quoted(tool, MOST_NAME)}${meant}`;
    return refused(new CoppiceError("TOOL_UNKNOWN", message, { tool }));
  }
  if (!plan.shown.every((holds) => holds(tool))) {
    const message = `"${tool}" is not among the \`tools\` of ${path}, which its model is shown`;
    return refused(new CoppiceError("CAPABILITY_DENIED", message, { tool, node: path }));
  }
  return arbiter.tool(seat, ask);
}

/** Where a budget wants its owner to be asked for more, a refusal is not the last word. */
function refuse(
  swarm: ToolEngine,
  asked: CallAsked,
  refusal: Refused & { readonly tool: string; readonly said: Said },
): void {
  const { tool, said, unit, error, asks } = refusal;
  const { node, callId, deny } = asked;
  if (unit === undefined) return deny(error);
  const atLast = () => {
    const about = { callId, tool, unit, ...error.details };
    const fact = { type: "budget.refused", path: node.path, ...about };
    tellRefused(swarm, node, `budget ${tool}`, fact);
    deny(error);
  };
  if (asks === undefined) return atLast();
  swarm.approvals.askForMore({ ...asked, deny: atLast }, { error, unit, asks, said });
}

/** Ends a call with what a person gave in place of the tool: nothing is run, nothing is charged. */
function standInFor(swarm: ToolEngine, node: Node, { callId, tool }: ToolOut): Question["standIn"] {
  return ({ result = null, by }) => {
    swarm.toolInputs.take(node, callId);
    const who = by === undefined ? {} : { by };
    const told = { callId, tool, isError: false, result, standIn: true, ...who };
    swarm.log.fact("tool.finished", node.path, told);
    swarm.kernel.settleCall(node, callId, { isError: false, value: result });
  };
}

type Started = Pick<CallRequest, "callId" | "tool" | "input" | "read">;

/** Begins the call; the tool is given the input that was checked. */
function start(swarm: ToolEngine, node: Node, started: Started): void {
  const { log, parts } = swarm;
  const { path } = node;
  const { callId, tool } = started;
  log.fact("tool.started", path, { callId, tool });
  const record = swarm.recordOf(node);
  const { labels } = record;
  // Whoever was told of it may have ended the agent: then the call is settled without starting.
  const signal = node.closed ? AbortSignal.abort("the agent has ended") : record.signal;
  const call = { ...started, path, labels, attempt: 1, signal };
  const run = () => parts.toolbox.call(call);
  void (parts.telemetry?.call(call, run) ?? run()).then((result) =>
    swarm.act(path, "tool result", () => {
      parts.arbiter.settle(callId);
      const { isError } = result;
      const told = result.isError
        ? { error: { ...result.error } as Json }
        : { result: result.value };
      log.fact("tool.finished", path, { callId, tool, isError, ...told });
      swarm.kernel.settleCall(node, callId, result);
    }),
  );
}
