import type { EventBody, EventOf } from "../wire/event.ts";
import { modelName } from "../wire/model-name.ts";
import {
  type Attributes,
  context,
  createNoopMeter,
  metrics,
  ProxyTracerProvider,
  SpanKind,
  type Tracer,
  trace,
} from "./api.ts";
import {
  agentAttributes,
  agentEnding,
  callEnding,
  inputOf,
  modelAttributes,
  usageAttributes,
} from "./conventions.ts";
import { createInstruments, type Instruments, observeStats } from "./instruments.ts";
import { Operation } from "./operation.ts";
import type { Born, Source, StartedCall, Telemetry } from "./recording.ts";

const SCOPE = "coppice";

/**
 * Starts to record; returns undefined when neither traces nor metrics are registered with the API.
 */
export function startRecorder(source: Source): Telemetry | undefined {
  const meter = metrics.getMeter(SCOPE);
  if (!isTraced() && meter === createNoopMeter()) return undefined;
  const recorder = new Recorder(createInstruments(meter), observeStats(meter, source.stats));
  recorder.listenTo(source);
  return recorder;
}

/**
 * True when traces are registered. The API's own provider is a proxy until an SDK gives it a
 * delegate.
 */
function isTraced(): boolean {
  const provider = trace.getTracerProvider();
  return !(provider instanceof ProxyTracerProvider) || Boolean(provider.getDelegateTracer(SCOPE));
}

interface Agent {
  readonly operation: Operation;
  /** Attribute with its name, for its calls. */
  readonly named: Attributes;
  /** Attributes of each model that it may call, by the model's name. */
  readonly models: ReadonlyMap<string, Attributes>;
  /** Calls under way, by their ids. */
  readonly calls: Map<string, Operation>;
}

/** The spans and metrics of a swarm. Agents are below their parents, calls below their agents. */
class Recorder implements Telemetry {
  readonly #tracer: Tracer = trace.getTracer(SCOPE);
  readonly #instruments: Instruments;
  readonly #unobserve: () => void;
  readonly #agents = new Map<string, Agent>();

  constructor(instruments: Instruments, unobserve: () => void) {
    this.#instruments = instruments;
    this.#unobserve = unobserve;
  }

  listenTo(source: Source): void {
    source.listen("agent.started", ({ path, host }) => {
      this.#agents.get(path)?.operation.span.setAttribute("coppice.host", host);
    });
    source.listen("agent.moved", ({ type, path, from, to }) => {
      this.#note(path, type, { from, to });
      this.#agents.get(path)?.operation.span.setAttribute("coppice.host", to);
    });
    source.listen("agent.restarted", ({ type, path, incarnation, cause }) =>
      this.#note(path, type, { incarnation, code: cause.code ?? cause.status }),
    );
    source.listen("agent.stopped", (event) => this.#stopped(event));
    source.listen("model.started", (event) => this.#modelStarted(event));
    source.listen("model.finished", (event) => this.#modelFinished(event));
    source.listen("model.retried", ({ type, path, callId, attempt, code }) => {
      const agent = this.#agents.get(path);
      // An attempt that may have been billed has a span of its own, which has ended.
      const { span } = agent?.calls.get(callId) ?? agent?.operation ?? {};
      span?.addEvent(type, { attempt, code });
    });
    source.listen("tool.finished", ({ path, callId, error }) => {
      this.#take(path, callId)?.end(callEnding(error?.code, error?.message));
    });
    source.listen("tool.denied", ({ type, path, tool, code }) =>
      this.#note(path, type, { "gen_ai.tool.name": tool, code }),
    );
    source.listen("spawn.refused", ({ type, path, agent, code }) =>
      this.#note(path, type, { agent, code }),
    );
    source.listen("budget.refused", ({ type, path, unit }) => this.#note(path, type, { unit }));
  }

  spawned(born: Born): void {
    const { node, resolved } = born;
    const parent = this.#agents.get(node.parent?.path ?? "/")?.operation.context;
    const named = { "gen_ai.agent.name": resolved.agent };
    const models = new Map(
      resolved.models.map((model) => [modelName(model), modelAttributes(model)]),
    );
    const [{ "gen_ai.request.model": configured } = {}] = models.values();
    const operation = new Operation({
      tracer: this.#tracer,
      duration: this.#instruments.agent,
      name: `invoke_agent ${resolved.agent}`,
      kind: SpanKind.INTERNAL,
      parent: parent ?? context.active(),
      attributes: { "gen_ai.operation.name": "invoke_agent", ...agentAttributes(born) },
      measured: {
        ...named,
        ...(configured === undefined ? {} : { "gen_ai.request.model": configured }),
      },
    });
    this.#agents.set(node.path, { operation, named, models, calls: new Map() });
  }

  call<Result>({ callId, tool, path }: StartedCall, begin: () => Result): Result {
    const agent = this.#agents.get(path);
    if (agent === undefined) return begin();
    const operation = new Operation({
      tracer: this.#tracer,
      duration: this.#instruments.tool,
      name: `execute_tool ${tool}`,
      kind: SpanKind.INTERNAL,
      parent: agent.operation.context,
      attributes: { "gen_ai.operation.name": "execute_tool", "gen_ai.tool.call.id": callId },
      measured: {
        "gen_ai.tool.name": tool,
        "gen_ai.tool.type": tool.includes("/") ? "extension" : "function",
        ...agent.named,
      },
    });
    agent.calls.set(callId, operation);
    return context.with(operation.context, begin);
  }

  stop(): void {
    this.#unobserve();
  }

  #modelStarted({ path, callId, turn, model: asked }: EventOf<"model.started">): void {
    const agent = this.#agents.get(path);
    if (agent === undefined) return;
    const model = agent.models.get(asked) ?? {};
    const operation = new Operation({
      tracer: this.#tracer,
      duration: this.#instruments.chat,
      name: `chat ${model["gen_ai.request.model"]}`,
      kind: SpanKind.CLIENT,
      parent: agent.operation.context,
      attributes: { ...agent.named, "coppice.turn": turn },
      measured: { "gen_ai.operation.name": "chat", ...model },
    });
    agent.calls.set(callId, operation);
  }

  #modelFinished({ path, callId, isError, ...event }: EventOf<"model.finished">): void {
    const operation = this.#take(path, callId);
    if (operation === undefined) return;
    const { usage, usd = 0, code = isError ? "_OTHER" : undefined } = event;
    const { measured, context: within } = operation;
    if (usage !== undefined) {
      const { tokens, cost } = this.#instruments;
      const count = (type: string, amount: number) =>
        tokens.record(amount, { ...measured, "gen_ai.token.type": type }, within);
      count("input", inputOf(usage));
      count("output", usage.outputTokens);
      if (usd > 0) cost.add(usd, measured, within);
    }
    const used = usage === undefined ? {} : { ...usageAttributes(usage), "coppice.cost": usd };
    const { attributes, ...ending } = callEnding(code);
    operation.end({ ...ending, attributes: { ...used, ...attributes } });
  }

  #stopped({ path, outcome }: EventOf<"agent.stopped">): void {
    const agent = this.#agents.get(path);
    if (agent === undefined) return;
    this.#agents.delete(path);
    // A call whose agent has ended has no end of its own.
    for (const operation of agent.calls.values()) operation.end(callEnding("CANCELLED"));
    agent.operation.end(agentEnding(outcome));
  }

  #take(path: string, callId: string): Operation | undefined {
    const calls = this.#agents.get(path)?.calls;
    const operation = calls?.get(callId);
    calls?.delete(callId);
    return operation;
  }

  #note(path: string, name: string, about: EventBody & Attributes): void {
    this.#agents.get(path)?.operation.span.addEvent(name, about);
  }
}
