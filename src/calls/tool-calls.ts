import { type ToolCheck, UNSTARTED } from "../authority/request.ts";
import { toolSubject } from "../authority/subjects.ts";
import { type Refused, refused, type Verdict } from "../authority/verdict.ts";
import { type CallProgress, keepProgress, takeProgress } from "../engine/call-progress.ts";
import type { Input } from "../engine/input.ts";
import { inputSeen, seenOf } from "../engine/seen-input.ts";
import { CoppiceError } from "../errors.ts";
import { isPaused, keyOf, type Node } from "../kernel/node.ts";
import type { CallInput } from "../tools/input-reading.ts";
import { INPUT_BOUND } from "../wire/call-input.ts";
import type { CallResult } from "../wire/delivery.ts";
import { didYouMean } from "../wire/did-you-mean.ts";
import type { Command } from "../wire/frame.ts";
import { refusalOf } from "../wire/json-bound.ts";
import { quoted } from "../wire/shown-text.ts";
import type { Approvals } from "./approvals.ts";
import { budgetQuestion, type CallAsked, callQuestion } from "./question.ts";
import type { RateLimitedCalls } from "./rate-limited-calls.ts";
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

/** The engine as tool calls need it. */
export interface ToolEngine extends RefusingEngine {
  readonly approvals: Approvals;
  readonly rateLimitedCalls: RateLimitedCalls;
  readonly requests: { add(request: Requested): void; beginsAtOnce(node: Node): boolean };
}

type ToolCommand = Extract<Command, { type: "tool" }>;
/** Recorded for an input that is still being read. */
const LATER = "later";

/** Requests a tool call: it begins, or a person is asked, or its agent reads a refusal. */
export function requestTool(swarm: ToolEngine, node: Node, command: ToolCommand): void {
  const { parts, toolInputs } = swarm;
  const { callId, input } = command;
  const seen = lookAtTool(swarm, command.tool);
  const tool = seen.subject;
  const before = takeProgress(swarm.recordOf(node), callId);
  const isTold = before !== undefined && before.isUntold !== true;
  const call: Called = { ...command, tool, isTold, seen };
  if (before !== undefined) {
    const kept = toolInputs.take(node, callId, seen.version);
    if (kept !== undefined)
      return decideCall(swarm, node, { ...call, read: kept.read }, before, kept);
    // The tool has changed meanwhile, so the call is requested from the beginning.
    parts.arbiter.release(callId, UNSTARTED);
  }
  const refusal = refusalOf(input, INPUT_BOUND);
  if (refusal !== undefined) return refuseUnkept(swarm, node, call, refusal);
  const given = readInput(swarm, node, call);
  const { isReserved: _released, isRateCleared: _over, ...said } = before ?? { approved: false };
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
 * Reads the agent's input as its tool will get it. This comes before rights on arguments are
 * checked, since those are rights on what the tool gets. Skipped where no right could allow the
 * call.
 */
function readInput(swarm: ToolEngine, node: Node, { callId, tool, input }: ToolCommand) {
  const { arbiter, toolbox } = swarm.parts;
  const { path } = node;
  const { resolved, standing, labels, signal } = swarm.recordOf(node);
  const isShown = !node.closed && resolved.shown.every((holds) => holds(tool));
  if (!isShown || !arbiter.mayEver(standing, toolSubject(tool))) return undefined;
  const request = { callId, tool, input, path, labels, attempt: 1, signal };
  let whole: CallInput | Promise<CallInput> | undefined;
  const seen = swarm.outside.look("input", () => {
    whole = toolbox.read(request);
    return whole instanceof Promise ? LATER : whole && seenOf(whole);
  });
  if (whole !== undefined || seen === undefined) return whole;
  // In a replay only what was recorded is known.
  return seen === LATER ? new Promise<never>(() => undefined) : inputSeen(seen);
}

/** Continues with a call whose input was read, or could not be read. */
function begin(
  swarm: ToolEngine,
  node: Node,
  call: Called,
  said: CallProgress,
  given: CallInput | undefined,
): void {
  if (given?.status === "read") call.read = given.read;
  if (!isLoop(swarm, node, call)) tellRequested(swarm, node, call);
  if (given?.status !== "read") {
    if (given !== undefined) return refuseCall(swarm, node, call, given.error);
    return decideCall(swarm, node, call, said, given);
  }
  if (!isPaused(node)) return decideCall(swarm, node, call, said, given);
  // The agent was paused while the input was read.
  stop(swarm, node, call, given, { ...said, isUntold: !call.isTold });
  swarm.kernel.again(node, call.callId);
}

/** Keeps what is needed to resume a call that stops on its way. */
function stop(
  swarm: ToolEngine,
  node: Node,
  call: Called,
  given: ReadCallInput | undefined,
  progress?: CallProgress,
): void {
  const { callId, seen } = call;
  const { version } = seen;
  if (given !== undefined) swarm.toolInputs.keep(node, callId, { given, version });
  if (progress !== undefined) keepProgress(swarm.recordOf(node), callId, progress);
}

/** The most yeses to one call that were each outdated when it was to begin. */
const MAX_OUTDATED = 3;
/** The most characters that are shown of an unknown tool name, which may be anything. */
const MAX_NAME = 200;

/**
 * Asks the door and acts on its answer.
 *
 * @param given undefined where the input was not read
 */
function decideCall(
  swarm: ToolEngine,
  node: Node,
  call: Called,
  before: CallProgress,
  given: ReadCallInput | undefined,
): void {
  const { parts, approvals } = swarm;
  const { isReserved = false, isRateCleared = false, allowed, outdated = 0 } = before;
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
      // A call that was allowed and is asked about again is no longer what was allowed.
      const yeses = outdated + (before.approved ? 1 : 0);
      if (yeses >= MAX_OUTDATED) return refuseCall(swarm, node, call, neverAsAllowed(tool));
      stop(swarm, node, call, given);
      const again = { ...asked, said: { approved: false, outdated: yeses } };
      return approvals.request(node, callQuestion(again, { input, ...verdict }));
    }
    case "refused":
      stop(swarm, node, call, given);
      return refuse(swarm, node, { call, asked }, verdict);
    default: {
      const { input: checked = input } = "input" in verdict ? verdict : {};
      const read = given && valueFor(given, checked);
      const begun = { callId, tool, input: checked, read };
      if (!isRateCleared) {
        const about = { node, callId, subject: toolSubject(tool), progress: said };
        const passed = swarm.rateLimitedCalls.pass(about);
        if (passed.status === "refused") return refuseCall(swarm, node, call, passed.error);
        if (passed.status !== "granted") return stop(swarm, node, call, given);
      }
      const passed = { call, begun, given, said };
      if (swarm.requests.beginsAtOnce(node)) beginTool(swarm, node, passed);
      else swarm.requests.add({ type: "begin", node, passed });
    }
  }
}

function neverAsAllowed(tool: string): CoppiceError {
  const message =
    `${quoted(tool)} was allowed ${MAX_OUTDATED} times, but the call had changed each time: ` +
    "its arguments led elsewhere, or the tool had changed. Call it again once both stay the same";
  return new CoppiceError("APPROVAL_DENIED", message, { tool });
}

/**
 * Checks in this order: unknown tool, tool hidden from the model, missing right, budget. Only a
 * call that passes all of them is charged.
 */
function allow(swarm: ToolEngine, node: Node, { isKnown }: SeenTool, ask: ToolCheck): Verdict {
  const { arbiter, toolbox } = swarm.parts;
  const { tool } = ask;
  const { resolved, standing } = swarm.recordOf(node);
  const { path } = node;
  if (node.closed) return refused(new CoppiceError("CANCELLED", `${path} has ended`, { tool }));
  if (!isKnown) {
    const near = swarm.outside.look("tools", () => {
      // Suggests only tools that the agent's model is shown.
      const cards = toolbox.list().filter((card) => resolved.shown.every((at) => at(card.subject)));
      return didYouMean(
        tool,
        cards.map(({ name }) => name),
      );
    });
    const meant = near || ": register it in `tools` or `mcpServers`";
    const message = `there is no tool ${quoted(tool, MAX_NAME)}${meant}`;
    return refused(new CoppiceError("TOOL_UNKNOWN", message, { tool }));
  }
  if (!resolved.shown.every((holds) => holds(tool))) {
    const message = `"${tool}" is not among the \`tools\` of ${path}, which its model is shown`;
    return refused(new CoppiceError("CAPABILITY_DENIED", message, { tool, node: path }));
  }
  return arbiter.tool(standing, ask);
}

/** Refuses a call, unless its budget wants the owner to be asked for more first. */
function refuse(
  swarm: ToolEngine,
  node: Node,
  { call, asked }: { readonly call: Called; readonly asked: CallAsked },
  refusal: Refused,
): void {
  const { unit, error, asks } = refusal;
  if (unit === undefined) return refuseCall(swarm, node, call, error);
  if (asks !== undefined) {
    return swarm.approvals.request(node, budgetQuestion(asked, { ...refusal, unit, asks }));
  }
  refuseForBudget(swarm, node, call, { unit, error });
}

/** Begins a call that is still wanted; its tool gets the input that was checked. */
export function beginTool(swarm: ToolEngine, node: Node, { call, begun, given, said }: PassedTool) {
  const { log, parts, contained } = swarm;
  const { path } = node;
  const { callId, tool } = begun;
  // A listener of the request may have ended or paused the agent.
  if (node.closed || !node.calls.has(callId)) return parts.arbiter.release(callId, UNSTARTED);
  if (isPaused(node)) {
    stop(swarm, node, call, given, { ...said, isReserved: true, isRateCleared: true });
    return swarm.kernel.again(node, callId);
  }
  log.fact("tool.started", path, { callId, tool });
  const record = swarm.recordOf(node);
  const { labels } = record;
  const run = (): CallResult | Promise<CallResult> => {
    // A listener may have ended the agent; the call is then settled without starting the tool.
    const signal = node.closed ? AbortSignal.abort("the agent has ended") : record.signal;
    const started = { ...begun, path, labels, attempt: 1, signal };
    const execute = () => parts.toolbox.call(started);
    return parts.telemetry?.call(started, execute) ?? execute();
  };
  const agent = keyOf(node);
  const settled = (result: CallResult) => {
    return { type: "tool-result", agent, callId, tool, result } as const;
  };
  swarm.releases.add(() =>
    contained.run(path, "tool", () => {
      const ran = run();
      if (!(ran instanceof Promise)) return swarm.inbox.append(settled(ran));
      const later = ran.then((result) => swarm.inbox.post(settled(result)));
      contained.later(path, "tool", later);
    }),
  );
}

/** Settles a call with the result of its tool; its agent may be gone by now. */
export function settleTool(
  { parts, log, kernel }: ToolEngine,
  { agent, callId, tool, result }: Extract<Input, { type: "tool-result" }>,
): void {
  parts.arbiter.settle(callId);
  const { isError } = result;
  const told = result.isError ? { error: { ...result.error } } : { result: result.value };
  log.fact("tool.finished", agent.path, { callId, tool, isError, ...told });
  const node = kernel.agent(agent);
  if (node !== undefined) kernel.settleCall(node, callId, result);
}
