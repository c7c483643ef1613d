import { createHostRuntime } from "../../src/agents/host-runtime.ts";
import type { HostItem, ToHost } from "../../src/wire/delivery.ts";
import type { Command, Frame, FromHost } from "../../src/wire/frame.ts";
import type { ScriptedStep } from "../../src/wire/spec.ts";

export interface LoopBench {
  readonly agents: number;
  /** Turns that call a tool; one more ends each run. */
  readonly toolTurns: number;
  /** How often every agent's run is repeated, each time as a new agent. */
  readonly rounds: number;
  /** Clones every message, as a port does. Default false. */
  readonly clone?: boolean;
}

/**
 * Microseconds per turn of the built-in loop alone: one host, an instant scripted model, and a
 * supervisor that grants everything at once.
 */
export function benchLoop({ agents, toolTurns, rounds, clone = false }: LoopBench): number {
  const pass = clone
    ? <T>(message: T): T => structuredClone(message)
    : <T>(message: T): T => message;
  const flushes: (() => void)[] = [];
  const answers: ToHost[] = [];
  const runtime = createHostRuntime({
    env: {},
    cancelFlags: new Int32Array(new SharedArrayBuffer(4)),
    schedule: (flush) => flushes.push(flush),
    post: (message) => answers.push({ items: answer(pass(message)) }),
  });
  runtime.receive({
    templates: [{ id: "loop", model: script(toolTurns), tools: [card], agents: [] }],
    items: [],
  });
  const began = performance.now();
  for (let round = 0; round < rounds; round += 1) {
    runtime.receive({ items: placesOf(agents, round) });
    for (;;) {
      flushes.shift()?.();
      const next = answers.shift();
      if (next === undefined) break;
      if (next.items.length > 0) runtime.receive(pass(next));
    }
  }
  const turns = agents * rounds * (toolTurns + 1);
  return ((performance.now() - began) * 1000) / turns;
}

const card = { subject: "add", name: "add", description: "Adds.", inputSchema: { type: "object" } };

export function script(toolTurns: number): { provider: "scripted"; steps: ScriptedStep[] } {
  const turn: ScriptedStep = { toolCalls: [{ name: "add", input: { a: 1, b: 2 } }] };
  return { provider: "scripted", steps: [...Array(toolTurns).fill(turn), { text: "done" }] };
}

function placesOf(agents: number, round: number): HostItem[] {
  return Array.from({ length: agents }, (_, index) => {
    const name = `a${round}-${index}`;
    const path = `/${name}`;
    const rest = { incarnation: 1, template: "loop", cancelFlag: 0, input: "go", name, upTo: 0 };
    return { type: "place", path, number: index + 1, ...rest, limits: { repeats: 20, errors: 16 } };
  });
}

/** What a supervisor that allows everything would say to these frames, at once. */
export function answer({ frames }: FromHost): HostItem[] {
  return frames.flatMap((frame) => {
    let n = frame.upTo;
    return frame.commands.flatMap((command): HostItem[] => {
      const said = answerTo(command, frame);
      if (said?.type !== "deliver") return said === undefined ? [] : [said];
      n += 1;
      return [{ ...said, n }];
    });
  });
}

function answerTo(command: Command, { path, incarnation, upTo }: Frame): HostItem | undefined {
  const delivery = { type: "deliver", path, incarnation, n: 0 } as const;
  switch (command.type) {
    case "tool": {
      const result = { isError: false, value: 3 } as const;
      return { ...delivery, body: { type: "result", callId: command.callId, result } };
    }
    case "model": {
      // One delivery of a permit at first, then a result and a permit for each turn.
      const turn = Math.ceil(upTo / 2);
      const { callId } = command;
      return { ...delivery, body: { type: "permit", callId, maxTokens: 1024, attempt: 1, turn } };
    }
    case "turn-end":
      return { type: "drop", path, incarnation };
    default:
      return undefined;
  }
}
