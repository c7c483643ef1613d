import { type ToolAsk, UNSTARTED } from "../authority/request.ts";
import { toolSubject } from "../authority/subjects.ts";
import { type Refused, refused, type Verdict } from "../authority/verdict.ts";
import { type CallStanding, keepStanding, takeStanding } from "../engine/call-standing.ts";
import type { Input } from "../engine/input.ts";
import { inputSeen, seenOf } from "../engine/seen-input.ts";
import { CoppiceError } from "../errors.ts";
import { isPaused, keyOf, type Node } from "../kernel/node.ts";
import type { CallInput } from "../tools/input-reading.ts";
import { INPUT_BOUND } from "../wire/call-input.ts";
import type { CallResult } from "../wire/delivery.ts";
import { didYouMean } from "../wire/did-you-mean.ts";
import type { Out } from "../wire/frame.ts";
import type { Json } from "../wire/json.ts";
import { refusalOf } from "../wire/json-bound.ts";
import { quoted } from "../wire/shown-text.ts";
import type { Approvals } from "./approvals.ts";
import type { PacedCalls } from "./paced-calls.ts";
import { budgetQuestion, type CallAsked, callQuestion } from "./question.ts";
import type { PassedTool, Requested } from "./requested.ts";
import { lookAtTool, type SeenTool } from "./seen-tool.ts";
import { type ReadCallInput, valueFor } from "./tool-inputs.ts";
import {
  type Called,
  isLoop,
  type RefusingEngine,
  refuseCall,
  refuseForBudget,
  refuseUnkept,
  tellRequested,
} from "./tool-refusals.ts";

/** Where tool calls are taken up. */
export interface ToolEngine extends RefusingEngine {
  readonly approvals: Approvals;
  readonly pacedCalls: PacedCalls;
  readonly requests: { add(request: Requested): void };
}

type ToolOut = Extract<Out, { type: "tool" }>;
/** Of an input that is still being read. */
const LATER = "later";

/** Takes up a tool call: allowed, or asked about, or refused as a result that the agent reads. */
export function requestTool(swarm: ToolEngine, node: Node, out: ToolOut): void {
  const { parts, toolInputs } = swarm;
  const { callId, input } = out;
  const seen = lookAtTool(swarm, out.tool);
  const tool = seen.subject;
  const before = takeStanding(swarm.recordOf(node), callId);
  const isTold = before !== undefined && before.isUntold !== true;
  const call: Called = { ...out, tool, isTold, seen };
  if (before !== undefined) {
    const kept = toolInputs.take(node, callId, seen.version);
    if (kept !== undefined) return ask(swarm, node, { ...call, read: kept.read }, before, kept);
    // It is asked for from the beginning, since its tool is another one by now.
    parts.arbiter.release(callId, UNSTARTED);
  }
  const refusal = refusalOf(input, INPUT_BOUND);
  if (refusal !== undefined) return refuseUnkept(swarm, node, call, refusal);
  const given = readInput(swarm, node, call);
  const { isReserved: _released, isPaced: _over, ...said } = before ?? { approved: false };
  const goOn = (read: CallInput | undefined) => begin(swarm, node, call, said, read);
  if (!(given instanceof Promise)) return goOn(given);
  const onWithdrawn = () => tellRequested(swarm, node, call);
  const later = (read: CallInput | undefined): void => {
    // A server may have another tool under this name by now.
    call.seen = lookAtTool(swarm, tool);
    goOn(read);
  };
  toolInputs.await(node, callId, { given, onWithdrawn, goOn: later });
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
  const request = { callId, tool, input, path, labels, attempt: 1, signal };
  let whole: CallInput | Promise<CallInput> | undefined;
  const seen = swarm.outside.look("input", () => {
    whole = toolbox.read(request);
    return whole instanceof Promise ? LATER : whole && seenOf(whole);
  });
  if (whole !== undefined || seen === undefined) return whole;
  // Of a step that is taken again only what was seen is known.
  return seen === LATER ? new Promise<never>(() => undefined) : inputSeen(seen);
}

/** Goes on with a call whose input was read, or could not be. */
function begin(
  swarm: ToolEngine,
  node: Node,
  call: Called,
  said: CallStanding,
  given: CallInput | undefined,
): void {
  if (given?.status === "read") call.read = given.read;
  if (!isLoop(swarm, node, call)) tellRequested(swarm, node, call);
  if (given?.status !== "read") {
    if (given !== undefined) return refuseCall(swarm, node, call, given.error);
    return ask(swarm, node, call, said, given);
  }
  if (!isPaused(node)) return ask(swarm, node, call, said, given);
  // It was paused while its input was read.
  stop(swarm, node, call, given, { ...said, isUntold: !call.isTold });
  swarm.kernel.again(node, call.callId);
}

/** Keeps what is needed to go on with a call that stops on its way. */
function stop(
  swarm: ToolEngine,
  node: Node,
  call: Called,
  given: ReadCallInput | undefined,
  standing?: CallStanding,
): void {
  const { callId, seen } = call;
  const { version } = seen;
  if (given !== undefined) swarm.toolInputs.keep(node, callId, { given, version });
  if (standing !== undefined) keepStanding(swarm.recordOf(node), callId, standing);
}

/** Yeses to a call that each were for what it no longer was: then it is refused. */
const MOST_OUTDATED = 3;
/** Of a name that no tool has, which may be anything. */
const MOST_NAME = 200;

/**
 * Asks the door, and does what follows from its answer.
 *
 * @param given undefined where the input was not read
 */
function ask(
  swarm: ToolEngine,
  node: Node,
  call: Called,
  before: CallStanding,
  given: ReadCallInput | undefined,
): void {
  const { parts, approvals } = swarm;
  const { isReserved = false, isPaced = false, allowed, outdated = 0 } = before;
  const { callId, tool } = call;
  const { view: input = call.input } = given ?? {};
  const { version } = call.seen;
  // A yes was for the tool as it was then.
  const approved = before.approved && before.version === version;
  const asking = { callId, tool, input, approved, version, allowed };
  const verdict = allow(swarm, node, call.seen, asking);
  const said = { approved, version, allowed, outdated };
  const asked = { callId, of: "tool", version, said } as const;
  if (isReserved && verdict.status !== "granted") parts.arbiter.release(callId, UNSTARTED);
  if (verdict.status !== "refused" || verdict.asks !== undefined) tellRequested(swarm, node, call);
  switch (verdict.status) {
    case "ask": {
      // Allowed, and asked about all the same: it is not what was allowed.
      const yeses = outdated + (before.approved ? 1 : 0);
      if (yeses >= MOST_OUTDATED) return refuseCall(swarm, node, call, neverAsAllowed(tool));
      stop(swarm, node, call, given);
      const again = { ...asked, said: { approved: false, outdated: yeses } };
      return approvals.ask(node, callQuestion(again, { input, ...verdict }));
    }
    case "refused":
      stop(swarm, node, call, given);
      return refuse(swarm, node, { call, asked }, verdict);
    default: {
      const { input: checked = input } = "input" in verdict ? verdict : {};
      const read = given && valueFor(given, checked);
      const begun = { callId, tool, input: checked, read };
      const begin = { type: "begin", node, passed: { call, begun, given, said } } as const;
      if (isPaced) return swarm.requests.add(begin);
      const subject = toolSubject(tool);
      const passed = swarm.pacedCalls.pass({ node, callId, subject, standing: said });
      if (passed.status === "refused") return refuseCall(swarm, node, call, passed.error);
      if (passed.status === "granted") return swarm.requests.add(begin);
      stop(swarm, node, call, given);
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
function allow(swarm: ToolEngine, node: Node, { isKnown }: SeenTool, ask: ToolAsk): Verdict {
  const { arbiter, toolbox } = swarm.parts;
  const { tool } = ask;
  const { plan, seat } = swarm.recordOf(node);
  const { path } = node;
  if (node.closed) return refused(new CoppiceError("CANCELLED", `${path} has ended`, { tool }));
  if (!isKnown) {
    const near = swarm.outside.look("tools", () => {
      // None that it is not shown: what else there is does not concern it.
      const cards = toolbox.list().filter((card) => plan.shown.every((at) => at(card.subject)));
      return didYouMean(
        tool,
        cards.map(({ name }) => name),
      );
    });
    const meant = near || ": register it in `tools` or `mcpServers`";
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
  node: Node,
  { call, asked }: { readonly call: Called; readonly asked: CallAsked },
  refusal: Refused,
): void {
  const { unit, error, asks } = refusal;
  if (unit === undefined) return refuseCall(swarm, node, call, error);
  if (asks !== undefined) {
    return swarm.approvals.ask(node, budgetQuestion(asked, { ...refusal, unit, asks }));
  }
  refuseForBudget(swarm, node, call, { unit, error });
}

/** Begins the call, if it is still to: its tool is given the input that was checked. */
export function beginTool(swarm: ToolEngine, node: Node, { call, begun, given, said }: PassedTool) {
  const { log, parts, contained } = swarm;
  const { path } = node;
  const { callId, tool } = begun;
  // Whoever was told that it was asked for may have ended its agent, or paused it.
  if (node.closed || !node.calls.has(callId)) return parts.arbiter.release(callId, UNSTARTED);
  if (isPaused(node)) {
    stop(swarm, node, call, given, { ...said, isReserved: true, isPaced: true });
    return swarm.kernel.again(node, callId);
  }
  log.fact("tool.started", path, { callId, tool });
  const record = swarm.recordOf(node);
  const { labels } = record;
  const run = (): Promise<CallResult> => {
    // Whoever was told of it may have ended the agent: then the call is settled without starting.
    const signal = node.closed ? AbortSignal.abort("the agent has ended") : record.signal;
    const started = { ...begun, path, labels, attempt: 1, signal };
    const execute = () => parts.toolbox.call(started);
    return parts.telemetry?.call(started, execute) ?? execute();
  };
  const agent = keyOf(node);
  const settle = (result: CallResult) =>
    swarm.inbox.post({ type: "tool-result", agent, callId, tool, result });
  swarm.releases.add(() =>
    contained.run(path, "tool", () => contained.later(path, "tool", run().then(settle))),
  );
}

/** Ends a call with what its tool gave; its agent may be gone by now. */
export function settleTool(
  { parts, log, kernel }: ToolEngine,
  { agent, callId, tool, result }: Extract<Input, { type: "tool-result" }>,
): void {
  parts.arbiter.settle(callId);
  const { isError } = result;
  const told = result.isError ? { error: { ...result.error } as Json } : { result: result.value };
  log.fact("tool.finished", agent.path, { callId, tool, isError, ...told });
  const node = kernel.agent(agent);
  if (node !== undefined) kernel.settleCall(node, callId, result);
}
