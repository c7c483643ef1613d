import { createHostRuntime, type HostRuntimeOptions } from "../../src/agents/host-runtime.ts";
import { changed } from "../../src/wire/change.ts";
import type { DeliveryBody, HostItem, PlaceAgent, Template } from "../../src/wire/delivery.ts";
import type { Command, Frame, FromHost, JobReport, Timer } from "../../src/wire/frame.ts";
import type { Json } from "../../src/wire/json.ts";
import type { ScriptedStep } from "../../src/wire/spec.ts";
import type { TurnMessage } from "../../src/wire/transcript.ts";

/** What a supervisor would know of the one agent that these tests drive. */
export interface Known {
  upTo: number;
  state?: Json;
  value?: Json;
  timers?: readonly Timer[];
  transcript: TurnMessage[];
  commands: Command[];
}

export const path = "/a";

/** A host driven by hand: what it is told and what it posts crosses a clone and JSON. */
export function driveHost(options: Partial<HostRuntimeOptions> = {}) {
  const posts: FromHost[] = [];
  const flushes: (() => void)[] = [];
  const cancelFlags = new Int32Array(new SharedArrayBuffer(16));
  const known: Known = { upTo: 0, transcript: [], commands: [] };
  const runtime = createHostRuntime({
    env: {},
    cancelFlags,
    schedule: (flush) => flushes.push(flush),
    post: (message) => posts.push(wired(message)),
    ...options,
  });
  let n = 0;

  function commit(frame: Frame): Frame {
    known.upTo = frame.upTo;
    known.commands.push(...frame.commands);
    known.transcript.push(...(frame.append ?? []));
    if (frame.state !== undefined) known.state = frame.state;
    if (frame.change !== undefined) known.state = changed(known.state ?? null, frame.change);
    if (frame.value !== undefined) known.value = frame.value;
    if (frame.timers !== undefined) known.timers = frame.timers;
    return frame.change === undefined ? frame : { ...frame, state: wired(known.state as Json) };
  }
  function runFlushes(): void {
    for (const due of flushes.splice(0)) due();
  }
  /** The frames of everything that is due, of which each is committed, with the state after it. */
  function flush(): Frame[] {
    runFlushes();
    return posts.splice(0).flatMap(({ frames }) => frames.map(commit));
  }
  function receive(items: readonly HostItem[], templates: readonly Template[] = []): Frame[] {
    runtime.receive(wired({ templates, items }));
    return flush();
  }
  return {
    runtime,
    cancelFlags,
    known,
    posts,
    flushes,
    receive,
    flush,
    /** What the host reports of model calls for agents elsewhere. */
    jobs: (): readonly JobReport[] => {
      runFlushes();
      return posts.splice(0).flatMap(({ jobs = [] }) => jobs);
    },
    place: (template: Template, more: Partial<PlaceAgent> = {}) => {
      n = more.upTo ?? 0;
      return receive([placed(template, more)], [template]);
    },
    /** Delivers all in one tick. */
    tell: (...bodies: DeliveryBody[]): Frame[] =>
      receive(
        bodies.map((body) => {
          n += 1;
          return delivery(body, n);
        }),
      ),
    /** Waits for a frame that comes by itself. */
    async later(): Promise<Frame[]> {
      for (let turns = 0; flushes.length === 0; turns += 1) {
        if (turns > 10_000) throw new Error("no frame came");
        await new Promise((resolve) => setImmediate(resolve));
      }
      return flush();
    },
  };
}

export type DrivenHost = ReturnType<typeof driveHost>;

export function delivery(body: DeliveryBody, n: number, incarnation = 1): HostItem {
  return { type: "deliver", path, incarnation, n, body };
}

export function placed(template: Template, more: Partial<PlaceAgent> = {}): PlaceAgent {
  const own = { path, incarnation: 1, template: template.id, input: "go", name: "a" };
  const limits = { repeats: 20, errors: 16 };
  return { type: "place", ...own, cancelFlag: 0, number: 1, limits, upTo: 0, ...more };
}

export function movedTo({ upTo, state, timers, transcript }: Known): Partial<PlaceAgent> {
  const kept = timers === undefined ? {} : { timers };
  return { upTo, transcript, ...kept, ...(state === undefined ? {} : { state }) };
}

export function loopTemplate(
  steps: readonly ScriptedStep[],
  more: Partial<Template> = {},
): Template {
  const tools = ["add", "fs/read"].map((subject) => {
    const name = subject.replace("/", "__");
    return { subject, name, description: subject, inputSchema: { type: "object" } };
  });
  return { id: "loop", model: { provider: "scripted", steps }, tools, agents: [], ...more };
}

export function permit(count: number, turn: number): DeliveryBody {
  return { type: "permit", callId: callId(count), maxTokens: 1024, attempt: 1, turn };
}

export function result(count: number, value: Json): DeliveryBody {
  return { type: "result", callId: callId(count), result: { isError: false, value } };
}

export const cancelled: DeliveryBody = { type: "end", status: "cancelled", reason: "enough" };

export function callId(count: number): string {
  return `${path}#1.${count}`;
}

/** Every `tool_use` of a transcript has its result in the message after it. */
export function isPaired(transcript: readonly TurnMessage[]): boolean {
  return transcript.every(({ content }, index) => {
    const uses = typeof content === "string" ? [] : content.filter((b) => b.type === "tool_use");
    const after = transcript[index + 1]?.content ?? [];
    const results = typeof after === "string" ? [] : after;
    return uses.every((use, at) => {
      const block = results[at];
      return block?.type === "tool_result" && block.tool_use_id === use.id;
    });
  });
}

function wired<T>(message: T): T {
  const cloned = structuredClone(message);
  const read = JSON.parse(JSON.stringify(cloned)) as T;
  return read;
}
