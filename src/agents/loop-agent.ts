import type { AgentContext, AgentEvent } from "../../machines/agent.ts";
import { CoppiceError } from "../errors.ts";
import type { Model, ModelReply } from "../models/model.ts";
import { noTokens } from "../models/token-usage.ts";
import { isBlank, messageContent } from "../wire/content.ts";
import { answerIn, CUT_OFF, lastAnswer, turnLength } from "../wire/continuation.ts";
import type { DeliveryBody, PlaceAgent } from "../wire/delivery.ts";
import { encodeError } from "../wire/error-codec.ts";
import type { Json } from "../wire/json.ts";
import type { WireError } from "../wire/outcome.ts";
import type { ReplyCall } from "../wire/reply.ts";
import { isTurnFailure } from "../wire/stop-reason.ts";
import type { Block } from "../wire/transcript.ts";
import { makeCall } from "./built-in-calls.ts";
import { Conversation } from "./conversation.ts";
import type { AgentActor, HostedAgent, Moved } from "./hosted-agent.ts";
import { modelAt } from "./loaded-template.ts";
import { LoopDetection } from "./loop-detection.ts";
import { loopEvent } from "./loop-event.ts";
import type { LoopActor, LoopEffects, LoopState, Loops } from "./loop-machine.ts";
import { type CallEnd, ModelRun } from "./model-run.ts";
import { type ResultContent, resultContent } from "./turn-content.ts";
import { readTurn, resultsFor, type TurnReply, withoutCalls } from "./turn-end.ts";

type Permit = Extract<AgentEvent, { readonly type: "permit.granted" }>;
type ModelFailure = Extract<AgentEvent, { readonly type: "model.failed" }>;

/**
 * An agent of the built-in loop. The chart decides; this class carries out its effects: it keeps
 * the transcript, runs the model, and turns the model's replies into calls.
 */
export class LoopAgent implements LoopEffects, AgentActor {
  readonly #agent: HostedAgent;
  readonly #model: (index: number) => Model;
  readonly #detection: LoopDetection;
  readonly #loops: Loops;
  readonly #actor: LoopActor;
  readonly #conversation: Conversation;
  readonly #isSession: boolean;
  #run: ModelRun | undefined;
  /** Text streamed by a model call that was cut off; empty once another reply replaces it. */
  #cut = "";
  #sent: object | undefined;
  #sentValue: string | undefined;

  constructor(
    agent: HostedAgent,
    placed: PlaceAgent,
    model: (index: number) => Model,
    loops: Loops,
  ) {
    this.#loops = loops;
    this.#agent = agent;
    this.#model = model;
    this.#isSession = placed.lifetime === "session";
    this.#conversation = new Conversation({
      history: placed.transcript ?? [],
      tokens: agent.loaded.tokens,
      keep: (message) => agent.append(message),
    });
    this.#detection = new LoopDetection(this.#conversation.messages, placed.limits);
    const prefix = `${agent.path}#${agent.incarnation}`;
    this.#actor = loops.create(prefix, this, placed.state, agent.watched?.observe);
    if (placed.state === undefined) {
      this.#actor.send({ type: "input.given", input: placed.input });
      return;
    }
    const restored = this.#actor.getSnapshot();
    this.#sent = restored;
    this.#sentValue = restored.value;
    // The stream that it was closing was lost with its host; the supervisor has settled its usage.
    if (restored.value === "closing") this.#actor.send({ type: "model.failed", error: undefined });
  }

  deliver(body: DeliveryBody): void {
    if (body.type === "result" && body.result.isError && this.#awaitsModel(body.callId)) {
      this.#turnFailed(body.result.error);
    } else this.#actor.send(loopEvent(body, this.#agent.loaded));
  }

  /** Returns the chart's part of a frame. The loop is never busy: a model call counts as a call. */
  moved(): Moved {
    const snapshot = this.#actor.getSnapshot();
    if (snapshot.status === "error") this.#fail(encodeError(snapshot.error, "MACHINE_INVALID"));
    const { value, context } = snapshot;
    const state: LoopState = { value, context };
    const moved = {
      busy: false,
      ...(snapshot === this.#sent || this.#agent.done ? {} : { state: state as unknown as Json }),
      ...(value === this.#sentValue ? {} : { value }),
    };
    this.#sent = snapshot;
    this.#sentValue = value;
    return moved;
  }

  drop(): void {
    this.#run?.abandon();
    this.#run = undefined;
    this.#loops.stop(this.#actor);
  }

  touch(): void {
    this.#agent.touch();
  }

  appendInput(_context: AgentContext, event: AgentEvent): void {
    const { input } = event as Extract<AgentEvent, { readonly type: "input.given" }>;
    this.#conversation.append({ role: "user", content: messageContent(input as Json) });
  }

  askPermit(context: AgentContext): void {
    this.#requestModel(context, "now");
  }

  /** Appends one user message: results in call order, then remarks, then the messages received. */
  appendPending({ calls, results, inbox }: AgentContext): void {
    const paired = resultsFor(this.#conversation.messages.at(-1), calls, results);
    const remarks = this.#detection.remarkOn(paired);
    const content = [...paired, ...remarks, ...(inbox as readonly Block[])];
    if (content.length > 0) this.#conversation.append({ role: "user", content });
  }

  startModel(_context: AgentContext, event: AgentEvent): void {
    const { callId, maxTokens, turn, model: index = 0 } = event as Permit;
    // One permit pays for one stream; a stream that runs already continues.
    if (this.#run !== undefined) return;
    const { cancelled } = this.#agent;
    const failure = cancelled ? undefined : this.#detection.failure();
    if (cancelled || failure) {
      const why = failure ? { error: encodeError(failure, failure.code) } : {};
      this.#agent.emit({ type: "model.done", callId, usage: noTokens, ...why });
      if (failure) this.#giveUp(failure);
      return;
    }
    const { template, cards } = this.#agent.loaded;
    const { instructions: system } = template;
    const asked = { messages: this.#conversation.messages, tools: cards, maxTokens, turn };
    const run = new ModelRun({
      onText: (text) => this.#agent.say(callId, text),
      onRetry: (retry) => this.#agent.emit({ type: "model.retried", callId, ...retry }),
      onGrowth: (usage) => this.#agent.emit({ type: "model.grew", callId, usage }),
      onReply: (reply) => this.#replied(callId, turn, reply),
      onFailure: (end) => this.#failed(callId, index, end),
    });
    this.#run = run;
    const request = system === undefined ? asked : { ...asked, system };
    run.start(() => this.#model(index), request, event as Permit);
  }

  /** Aborts the run, which reports its usage when it rejects; without a run the call has ended. */
  abortModel(): void {
    if (this.#run === undefined) this.#actor.send({ type: "model.failed", error: undefined });
    else this.#run.abort();
  }

  sendCalls(context: AgentContext, event: AgentEvent): void {
    const { calls, isCut } = replyOf(event);
    calls.forEach((call, index) => {
      const { callId } = context.calls[index]!;
      this.#sendCall(callId, call, isCut && index === calls.length - 1);
    });
    this.#requestModel(context, "results");
  }

  endTurn({ asks }: AgentContext): void {
    const output = answerIn(this.#conversation.messages);
    for (const askId of asks) this.#agent.emit({ type: "reply", askId, value: output });
    this.#agent.emit({ type: "turn-end", output });
  }

  closeTurn(context: AgentContext): void {
    this.#keepCut();
    this.appendPending(context);
    const said = lastAnswer(this.#conversation.messages);
    const partial = said === undefined ? {} : { partial: said };
    this.#agent.emit({ type: "done", end: { status: "ended", ...partial } });
  }

  failTurn(_context: AgentContext, event: AgentEvent): void {
    this.#fail((event as ModelFailure).error as WireError);
  }

  /** Answers the turn's asks with its error, and omits the turn from later requests. */
  leaveOutTurn({ asks }: AgentContext, event: AgentEvent): void {
    const error = (event as ModelFailure).error as WireError;
    for (const askId of asks) this.#agent.emit({ type: "reply.failed", askId, error });
    this.#conversation.omit(turnLength(this.#conversation.messages));
    this.#detection.forget();
    this.#agent.emit({ type: "turn.failed", error });
  }

  /**
   * True for the pending model call, which gets a result when no model may be asked for it any
   * more.
   */
  #awaitsModel(callId: string): boolean {
    return this.#actor.getSnapshot().context.model === callId;
  }

  #requestModel({ model }: AgentContext, after: "now" | "results"): void {
    const inputTokens = this.#conversation.tokens;
    this.#agent.emit({ type: "model", callId: model as string, after, inputTokens });
  }

  #sendCall(callId: string, { name, input, fault }: ReplyCall, isCut: boolean): void {
    const { loaded } = this.#agent;
    const builtIn = loaded.builtIns.get(name);
    try {
      if (isCut) throw cutOff(name);
      if (fault !== undefined) throw badInput(name, fault);
      this.#agent.emit(
        builtIn === undefined
          ? {
              type: "tool",
              callId,
              tool: loaded.subjectOf(name),
              input: loaded.trueInput(name, input),
            }
          : makeCall(builtIn, callId, input),
      );
    } catch (refused) {
      const error = encodeError(refused, "TOOL_INPUT_INVALID");
      this.#settle(callId, resultContent({ isError: true, error }, loaded));
    }
  }

  #settle(callId: string, result: ResultContent): void {
    this.#actor.send({ type: "result.received", callId, result });
  }

  #replied(callId: string, turn: number, reply: ModelReply): void {
    this.#run = undefined;
    this.#cut = "";
    const { usage, stopReason, partial } = reply;
    const read = readTurn(reply, this.#conversation, turn);
    const error = read.error ?? this.#detection.objectionTo(read.content);
    const said = error === undefined ? read : withoutCalls(read.content);
    const { content, calls, goOn } = said;
    if (content.length > 0) this.#conversation.append({ role: "assistant", content });
    const isPartial = partial ? { partial } : {};
    this.#agent.emit({ type: "model.done", callId, usage, stopReason, ...isPartial });
    if (error) return this.#giveUp(error);
    const uses = calls.map(({ id }) => id);
    this.#actor.send({ type: "model.replied", uses, reply: said, ...(goOn && { goOn }) });
  }

  #giveUp(error: CoppiceError): void {
    this.#turnFailed(encodeError(error, error.code));
  }

  #turnFailed(error: WireError): void {
    const survives = this.#isSession && isTurnFailure(error);
    this.#actor.send({ type: "model.failed", error, survives });
  }

  #failed(callId: string, index: number, end: CallEnd): void {
    const { error, usage, partial, partialText, aborted, again } = end;
    this.#run = undefined;
    const another = again !== undefined || modelAt(this.#agent.loaded, index + 1) !== undefined;
    const fallsBack = !aborted && error.code === "MODEL_FAILED" && another;
    // The next model does not continue the text of a model that failed.
    this.#cut = fallsBack && again === undefined ? "" : partialText || this.#cut;
    if (!fallsBack) this.#keepCut();
    const next = again === undefined ? {} : { again };
    const why = { ...(partial ? { partial } : {}), ...(aborted ? {} : { error }), ...next };
    this.#agent.emit({ type: "model.done", callId, usage, ...why });
    if (fallsBack) this.#actor.send({ type: "model.failed", error, fallsBack });
    else this.#turnFailed(error);
  }

  /** Appends the text that was cut off, when no other reply replaces it. */
  #keepCut(): void {
    const content = this.#cut.toWellFormed();
    if (!isBlank(content)) this.#conversation.append({ role: "assistant", content });
    this.#cut = "";
  }

  #fail(error: WireError): void {
    const said = lastAnswer(this.#conversation.messages);
    const partial = said === undefined ? {} : { partial: said };
    this.#agent.emit({ type: "done", end: { status: "failed", error, ...partial } });
  }
}

function replyOf(event: AgentEvent): TurnReply {
  return (event as Extract<AgentEvent, { readonly type: "model.replied" }>).reply as TurnReply;
}

function badInput(tool: string, fault: string): CoppiceError {
  return new CoppiceError("TOOL_INPUT_INVALID", `The input of ${tool} ${fault}`, { tool });
}

function cutOff(tool: string): CoppiceError {
  const message = `The call of ${tool} ${CUT_OFF}`;
  return new CoppiceError("MODEL_FAILED", message, { stopReason: "max_tokens", tool });
}
