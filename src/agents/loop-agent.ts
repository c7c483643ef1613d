import type { AgentContext, AgentEvent } from "../../machines/agent.ts";
import { CoppiceError } from "../errors.ts";
import type { Model, ModelReply } from "../models/model.ts";
import { noTokens } from "../models/token-usage.ts";
import type { DeliveryBody, Placement } from "../wire/delivery.ts";
import { encodeError } from "../wire/error-codec.ts";
import type { Json } from "../wire/json.ts";
import type { WireError } from "../wire/outcome.ts";
import { messageTokens } from "../wire/token-estimate.ts";
import {
  type Block,
  cancelledResult,
  lastSaid,
  type TurnMessage,
  textIn,
} from "../wire/transcript.ts";
import { makeCall } from "./built-in-calls.ts";
import type { CreateLoop, LoopActor, LoopEffects, LoopState } from "./loop-machine.ts";
import { type CallEnd, ModelRun } from "./model-run.ts";
import type { Moved, Seat } from "./seat.ts";
import type { Resident } from "./tenant.ts";
import {
  childBlocks,
  contentOf,
  messageBlocks,
  type ResultContent,
  resultContent,
} from "./turn-content.ts";

type Permit = Extract<AgentEvent, { readonly type: "permit.granted" }>;
type ToolUse = Extract<Block, { readonly type: "tool_use" }>;

/**
 * An agent of the built-in loop: the chart decides, this does. It keeps the transcript, runs the
 * model, and turns what the model says into calls.
 */
export class LoopAgent implements LoopEffects, Resident {
  readonly #seat: Seat;
  readonly #model: () => Model;
  readonly #actor: LoopActor;
  readonly #transcript: TurnMessage[];
  /** Of instructions, tools and transcript. */
  #tokens: number;
  #run: ModelRun | undefined;
  #sent: object | undefined;
  #sentValue: string | undefined;

  constructor(seat: Seat, placement: Placement, model: () => Model, createLoop: CreateLoop) {
    this.#seat = seat;
    this.#model = model;
    this.#transcript = [...(placement.transcript ?? [])];
    this.#tokens = this.#transcript.reduce((sum, m) => sum + messageTokens(m), seat.held.tokens);
    const prefix = `${seat.path}#${seat.incarnation}`;
    this.#actor = createLoop(prefix, this, placement.state, seat.watched?.observe);
    if (placement.state === undefined) {
      this.#actor.send({ type: "input.given", input: placement.input });
      return;
    }
    const restored = this.#actor.getSnapshot();
    this.#sent = restored;
    this.#sentValue = restored.value;
    // The stream that it was closing is gone with its host, and its usage is settled there.
    if (restored.value === "closing") this.#actor.send({ type: "model.failed", error: undefined });
  }

  deliver(body: DeliveryBody): void {
    switch (body.type) {
      case "permit": {
        const { callId, maxTokens, turn } = body;
        this.#actor.send({ type: "permit.granted", callId, maxTokens, turn });
        break;
      }
      case "result":
        this.#settle(body.callId, resultContent(body.result));
        break;
      case "message": {
        const blocks = messageBlocks(body);
        const asked = body.askId === undefined ? {} : { askId: body.askId };
        this.#actor.send({ type: "message.received", blocks, ...asked });
        break;
      }
      case "note": {
        const blocks = [{ type: "text", text: body.text }];
        this.#actor.send({ type: "message.received", blocks });
        break;
      }
      case "child":
        this.#actor.send({ type: "message.received", blocks: childBlocks(body) });
        break;
      case "end":
        this.#actor.send({ type: "end.requested" });
        break;
    }
  }

  /** What a frame says of the machine. A model call is a call, so the loop is never busy. */
  moved(): Moved {
    const snapshot = this.#actor.getSnapshot();
    if (snapshot.status === "error") this.#fail(encodeError(snapshot.error, "MACHINE_INVALID"));
    const { value, context } = snapshot;
    const state: LoopState = { value, context };
    const moved = {
      busy: false,
      ...(snapshot === this.#sent || this.#seat.done ? {} : { state: state as unknown as Json }),
      ...(value === this.#sentValue ? {} : { value }),
    };
    this.#sent = snapshot;
    this.#sentValue = value;
    return moved;
  }

  drop(): void {
    this.#run?.abandon();
    this.#run = undefined;
    this.#actor.stop();
  }

  touch(): void {
    this.#seat.touch();
  }

  appendInput(_context: AgentContext, event: AgentEvent): void {
    const { input } = event as Extract<AgentEvent, { readonly type: "input.given" }>;
    this.#append({ role: "user", content: contentOf(input as Json) });
  }

  askPermit(context: AgentContext): void {
    this.#ask(context, "now");
  }

  /** Results first and in call order, then what was said meanwhile: one user message. */
  appendPending({ calls, results, inbox }: AgentContext): void {
    const byCall = new Map(results.map(({ callId, result }) => [callId, result]));
    const paired = calls.map(({ callId, use }): Block => {
      const result = byCall.get(callId) ?? cancelledResult;
      return { type: "tool_result", tool_use_id: use, ...(result as ResultContent) };
    });
    const content = [...paired, ...(inbox as readonly Block[])];
    if (content.length > 0) this.#append({ role: "user", content });
  }

  startModel(_context: AgentContext, event: AgentEvent): void {
    const { callId, maxTokens, turn } = event as Permit;
    this.#run?.abandon();
    this.#run = undefined;
    if (this.#seat.cancelled) {
      this.#seat.emit({ type: "model.done", callId, usage: noTokens });
      return;
    }
    const { template, cards } = this.#seat.held;
    const { instructions: system } = template;
    const asked = { messages: this.#transcript, tools: cards, maxTokens, turn };
    const run = new ModelRun({
      onText: (text) => this.#seat.say(callId, text),
      onRetry: (retry) => this.#seat.emit({ type: "model.retried", callId, ...retry }),
      onReply: (reply) => this.#replied(callId, reply),
      onFailure: (end) => this.#failed(callId, end),
    });
    this.#run = run;
    run.start(this.#model, system === undefined ? asked : { ...asked, system });
  }

  /** What the call used is known when it rejects; a call that does not run is over already. */
  abortModel(): void {
    if (this.#run === undefined) this.#actor.send({ type: "model.failed", error: undefined });
    else this.#run.abort();
  }

  sendCalls(context: AgentContext, event: AgentEvent): void {
    const { content, stopReason } = replyOf(event);
    content.filter(isToolUse).forEach((use, index) => {
      const { callId } = context.calls[index]!;
      const cut = stopReason === "max_tokens" && index === context.calls.length - 1;
      this.#sendCall(callId, use, cut);
    });
    this.#ask(context, "results");
  }

  endTurn({ asks }: AgentContext, event: AgentEvent): void {
    const output = textIn({ role: "assistant", content: replyOf(event).content });
    for (const askId of asks) this.#seat.emit({ type: "reply", askId, value: output });
    this.#seat.emit({ type: "turn-end", output });
  }

  closeTurn(context: AgentContext): void {
    this.appendPending(context);
    const said = lastSaid(this.#transcript);
    const partial = said === undefined ? {} : { partial: said };
    this.#seat.emit({ type: "done", end: { status: "ended", ...partial } });
  }

  failTurn(_context: AgentContext, event: AgentEvent): void {
    this.#fail(
      (event as Extract<AgentEvent, { readonly type: "model.failed" }>).error as WireError,
    );
  }

  #ask({ model }: AgentContext, after: "now" | "results"): void {
    const inputTokens = this.#tokens;
    this.#seat.emit({ type: "model", callId: model as string, after, inputTokens });
  }

  #sendCall(callId: string, use: ToolUse, cut: boolean): void {
    const { held } = this.#seat;
    const builtIn = held.builtIns.get(use.name);
    try {
      if (cut) throw cutOff(use.name);
      this.#seat.emit(
        builtIn === undefined
          ? { type: "tool", callId, tool: held.subjectOf(use.name), input: use.input }
          : makeCall(builtIn, callId, use.input),
      );
    } catch (refused) {
      const error = encodeError(refused, "TOOL_INPUT_INVALID");
      this.#settle(callId, resultContent({ isError: true, error }));
    }
  }

  #settle(callId: string, result: ResultContent): void {
    this.#actor.send({ type: "result.received", callId, result });
  }

  #replied(callId: string, reply: ModelReply): void {
    this.#run = undefined;
    const { usage, stopReason } = reply;
    const refused = stopReason === "refusal";
    // A refused turn ends here, so a call in it would never have a result.
    const content = refused ? reply.content.filter((b) => !isToolUse(b)) : reply.content;
    if (content.length > 0) this.#append({ role: "assistant", content });
    this.#seat.emit({ type: "model.done", callId, usage, stopReason });
    if (refused) {
      const error = encodeError(refusal(stopReason), "MODEL_FAILED");
      this.#actor.send({ type: "model.failed", error });
      return;
    }
    const uses = content.filter(isToolUse).map(({ id }) => id);
    this.#actor.send({ type: "model.replied", uses, reply });
  }

  #failed(callId: string, { error, usage, partial, partialText, aborted }: CallEnd): void {
    this.#run = undefined;
    if (partialText) this.#append({ role: "assistant", content: partialText });
    const why = { ...(partial ? { partial } : {}), ...(aborted ? {} : { error }) };
    this.#seat.emit({ type: "model.done", callId, usage, ...why });
    this.#actor.send({ type: "model.failed", error });
  }

  #fail(error: WireError): void {
    const said = lastSaid(this.#transcript);
    const partial = said === undefined ? {} : { partial: said };
    this.#seat.emit({ type: "done", end: { status: "failed", error, ...partial } });
  }

  #append(message: TurnMessage): void {
    this.#transcript.push(message);
    this.#tokens += messageTokens(message);
    this.#seat.append(message);
  }
}

function replyOf(event: AgentEvent): ModelReply {
  return (event as Extract<AgentEvent, { readonly type: "model.replied" }>).reply as ModelReply;
}

function isToolUse(block: Block): block is ToolUse {
  return block.type === "tool_use";
}

function cutOff(tool: string): CoppiceError {
  const told = `The call of ${tool} was cut off because the answer reached its maximum of tokens`;
  return new CoppiceError("MODEL_FAILED", told, { stopReason: "max_tokens", tool });
}

function refusal(stopReason: string): CoppiceError {
  return new CoppiceError("MODEL_FAILED", "The model refused to answer", { stopReason });
}
