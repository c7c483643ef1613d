import { afterEach, describe, expect, it } from "vitest";
import { assign, fromPromise, setup } from "xstate";
import { callModel, callTool, reply, spawnAgent } from "../../src/door/index.ts";
import { ManualClock } from "../../src/testing/manual-clock.ts";
import { type DrivenHost, driveHost, movedTo } from "./driven-host.ts";

const url = "file:///machine.ts";
const template = {
  id: "custom",
  machine: url,
  instructions: "Be brief.",
  tools: [{ subject: "fs/read", name: "fs__read", description: "", inputSchema: {} }],
  agents: [],
};
const hosts: DrivenHost[] = [];
afterEach(() => {
  for (const host of hosts.splice(0)) host.runtime.close();
});

/** Places an agent whose module exports `machine`; resolves with its first frame after import. */
async function place(
  machine: unknown,
  more: Parameters<DrivenHost["place"]>[1] = {},
  clock = new ManualClock(),
) {
  const host = driveHost({ importModule: async () => ({ default: machine }), clock });
  hosts.push(host);
  const [waiting] = host.place(template, more);
  expect(waiting).toMatchObject({ commands: [], busy: true });
  const [frame] = await host.later();
  return { host, frame };
}

const caller = setup({ actors: { callTool, callModel, spawnAgent } }).createMachine({
  id: "caller",
  initial: "calling",
  context: { seen: [] as unknown[] },
  states: {
    calling: {
      invoke: {
        id: "tool",
        src: "callTool",
        input: { tool: "fs__read", input: { path: "x" } },
        onDone: { target: "thinking", actions: assign({ seen: ({ event }) => [event.output] }) },
      },
    },
    thinking: {
      invoke: {
        id: "model",
        src: "callModel",
        input: { messages: [{ role: "user", content: "hi" }] },
        onDone: "ended",
      },
    },
    ended: { type: "final" },
  },
  output: ({ context }) => ({ seen: context.seen }),
});

describe("a machine that calls through the door", () => {
  it("asks with deterministic ids, by our names of tools, and is not busy meanwhile", async () => {
    const { host, frame } = await place(caller);
    expect(frame).toMatchObject({
      value: "calling",
      busy: false,
      commands: [{ type: "tool", callId: "/a#1.1", tool: "fs/read", input: { path: "x" } }],
      state: {
        count: 1,
        asks: [],
        machine: { children: { tool: { snapshot: { callId: "/a#1.1" } } } },
      },
    });
    const [next] = host.tell(resultOf(1, "text"));
    expect(next).toMatchObject({
      upTo: 1,
      value: "thinking",
      commands: [
        {
          type: "model",
          callId: "/a#1.2",
          after: "now",
          inputTokens: expect.any(Number),
          job: { messages: [{ role: "user", content: "hi" }] },
        },
      ],
    });
    const answer = { content: [{ type: "text", text: "yes" }], stopReason: "end_turn" };
    const [done] = host.tell(resultOf(2, answer));
    const seen = [{ isError: false, value: "text" }];
    expect(done?.commands).toEqual([
      { type: "done", end: { status: "completed", output: { seen } } },
    ]);
    expect(host.runtime.stats()).toEqual({ agents: 0 });
  });

  it("reads a refusal as a value", async () => {
    const { host } = await place(caller);
    const error = { code: "CAPABILITY_DENIED", message: "No.", details: {} } as const;
    const [frame] = host.tell({
      type: "result",
      callId: "/a#1.1",
      result: { isError: true, error },
    });
    expect(frame).toMatchObject({
      value: "thinking",
      state: { machine: { context: { seen: [{ isError: true, error }] } } },
    });
  });

  it("takes its call up again after a move, without asking a second time", async () => {
    const first = await place(caller);
    const { host, frame } = await place(caller, movedTo(first.host.known));
    expect(frame?.commands).toEqual([]);
    const [next] = host.tell(resultOf(1, "text"));
    expect(next).toMatchObject({ value: "thinking", commands: [{ callId: "/a#1.2" }] });
  });

  it("drops the result of a call whose state it has left", async () => {
    const leaving = setup({ actors: { callTool } }).createMachine({
      initial: "calling",
      states: {
        calling: {
          invoke: { id: "c", src: "callTool", input: { tool: "x", input: {} }, onDone: "wrong" },
          on: { leave: "left" },
        },
        left: {},
        wrong: {},
      },
    });
    const { host } = await place(leaving);
    expect(host.tell({ type: "message", from: "user", message: { type: "leave" } })[0]?.value).toBe(
      "left",
    );
    expect(host.tell(resultOf(1, 1))[0]).toEqual({
      path: "/a",
      incarnation: 1,
      upTo: 2,
      commands: [],
      busy: false,
    });
  });
});

it("runs a machine from a real module, once imported for all that use it", async () => {
  const host = driveHost();
  hosts.push(host);
  const machine = new URL("./fixtures/asking-machine.ts", import.meta.url).href;
  await host.runtime.checkModule(machine, "machine");
  host.place({ ...template, machine }, { input: { a: 2 } });
  const [frame] = await host.later();
  expect(frame?.commands).toEqual([
    { type: "tool", callId: "/a#1.1", tool: "add", input: { a: 2 } },
  ]);
  const status = {
    type: "message",
    from: "user",
    message: { type: "status" },
    askId: "q",
  } as const;
  const [answered] = host.tell(status);
  expect(answered?.commands).toEqual([{ type: "reply", askId: "q", value: "calling" }]);
});

describe("what a machine is told", () => {
  const listening = setup({ types: { context: {} as { heard: unknown[] } } }).createMachine({
    context: { heard: [] },
    on: {
      ping: { actions: reply("pong") },
      later: {},
      answer: { actions: reply(({ context }) => context.heard.length) },
      "*": { actions: assign({ heard: ({ context, event }) => [...context.heard, event] }) },
    },
  });
  const message = (told: unknown, askId?: string) =>
    ({ type: "message", from: "/lead", message: told, ...(askId && { askId }) }) as never;
  const heard = ({ known }: DrivenHost) =>
    (known.state as unknown as { machine: { context: { heard: unknown } } }).machine.context.heard;

  it("is the event itself, a wrapped message, or the end of a child", async () => {
    const { host } = await place(listening);
    const child = {
      type: "child",
      path: "/a/r",
      name: "r",
      outcome: { status: "completed" },
    } as const;
    host.tell(
      message({ type: "go", n: 1 }),
      message("text"),
      message({ type: "xstate.stop" }),
      child,
    );
    expect(heard(host)).toEqual([
      { type: "go", n: 1 },
      { type: "message", message: "text", from: "/lead" },
      { type: "message", message: { type: "xstate.stop" }, from: "/lead" },
      { ...child, type: "child.ended" },
    ]);
  });

  it("answers the ask being handled, else the oldest open one, also after a move", async () => {
    const { host } = await place(listening);
    host.tell(message({ type: "later" }, "q1"), message({ type: "later" }, "q2"));
    const [now] = host.tell(message({ type: "ping" }, "q3"));
    expect(now?.commands).toEqual([{ type: "reply", askId: "q3", value: "pong" }]);
    const { host: next } = await place(listening, movedTo(host.known));
    const [then] = next.tell(
      message({ type: "answer" }),
      message({ type: "answer" }),
      message({ type: "answer" }),
    );
    expect(then?.commands).toEqual([
      { type: "reply", askId: "q1", value: 0 },
      { type: "reply", askId: "q2", value: 0 },
    ]);
  });
});

describe("timers", () => {
  const waiting = setup({}).createMachine({
    initial: "early",
    states: { early: { after: { 1000: "late" } }, late: {} },
  });

  it("are armed again after a move with what is left of them, and fire once", async () => {
    const clock = new ManualClock();
    const { host, frame } = await place(waiting, {}, clock);
    expect(frame?.timers).toMatchObject([{ id: "xstate.after.1000.(machine).early", dueMs: 1000 }]);
    const known = { ...host.known, timers: [{ ...host.known.timers![0]!, dueMs: 400 }] };
    host.runtime.close();

    const elsewhere = new ManualClock();
    const { host: next } = await place(waiting, movedTo(known), elsewhere);
    elsewhere.advance(399);
    expect(next.flush()).toEqual([]);
    elsewhere.advance(1);
    expect(next.flush()).toMatchObject([{ value: "late", timers: [] }]);
    expect(clock.armed + elsewhere.armed).toBe(0);
  });

  it("are reported with what is left of them whenever they change", async () => {
    const arming = setup({}).createMachine({
      type: "parallel",
      states: {
        one: { initial: "on", states: { on: { after: { 1000: "off" } }, off: {} } },
        two: {
          initial: "off",
          states: { on: { after: { 50: "off" } }, off: { on: { go: "on" } } },
        },
      },
    });
    const clock = new ManualClock();
    const { host } = await place(arming, {}, clock);
    clock.advance(300);
    const [frame] = host.tell({ type: "message", from: "user", message: { type: "go" } });
    expect(frame?.timers?.map(({ dueMs }) => dueMs)).toEqual([700, 50]);
  });

  it("are reported as ended when their state is left", async () => {
    const leaving = setup({}).createMachine({
      initial: "early",
      states: { early: { after: { 1000: "late" }, on: { go: "late" } }, late: {} },
    });
    const { host } = await place(leaving);
    const [frame] = host.tell({ type: "message", from: "user", message: { type: "go" } });
    expect(frame?.timers).toEqual([]);
  });
});

describe("an end", () => {
  it("is busy while a promise runs and completes with the machine's output", async () => {
    const { promise, resolve } = Promise.withResolvers<number>();
    const working = setup({ actors: { work: fromPromise(() => promise) } }).createMachine({
      initial: "on",
      states: { on: { invoke: { id: "w", src: "work", onDone: "off" } }, off: { type: "final" } },
    });
    const { host, frame } = await place(working);
    expect(frame?.busy).toBe(true);
    resolve(1);
    const [done] = await host.later();
    expect(done).toMatchObject({
      busy: false,
      commands: [{ end: { status: "completed", output: null } }],
    });
  });

  const ending = (output: unknown) =>
    setup({ types: { tags: {} as "failed" } }).createMachine({
      initial: "bad",
      states: { bad: { type: "final", tags: "failed" } },
      output: () => output,
    });

  it.each([
    [
      { code: "TOOL_FAILED", message: "No." },
      { code: "TOOL_FAILED", message: "No." },
    ],
    [new Error("boom"), { code: "MACHINE_INVALID", message: "The machine threw: boom" }],
    [7, { code: "MACHINE_INVALID", details: { output: 7 } }],
  ])("in a final state tagged failed with %j is a failure", async (output, error) => {
    const { frame } = await place(ending(output));
    expect(frame?.commands).toMatchObject([{ type: "done", end: { status: "failed", error } }]);
  });

  it("told by the supervisor stops the machine, also while its module is imported", async () => {
    const { host } = await place(caller);
    const [ended] = host.tell({ type: "end", status: "timed-out", reason: "late" });
    expect(ended?.commands).toEqual([{ type: "done", end: { status: "ended" } }]);
    const importing = driveHost({ importModule: () => new Promise(() => undefined) });
    importing.place(template);
    expect(importing.tell(resultOf(1, 1))).toEqual([]);
    const [gone] = importing.tell({ type: "end", status: "cancelled", reason: "" });
    expect(gone?.commands).toEqual([{ type: "done", end: { status: "ended" } }]);
  });
});

describe("a machine that breaks", () => {
  const throwing = setup({}).createMachine({
    on: {
      go: {
        actions: () => {
          throw new Error("boom");
        },
      },
    },
  });
  const holding = (loaded: unknown) =>
    setup({}).createMachine({ context: { a: { b: loaded } }, initial: "x", states: { x: {} } });

  it("fails alone when it throws", async () => {
    const { host } = await place(throwing);
    const [frame] = host.tell({ type: "message", from: "user", message: { type: "go" } });
    const error = { code: "MACHINE_INVALID", message: "The machine threw: boom" };
    expect(frame?.commands).toMatchObject([{ type: "done", end: { status: "failed", error } }]);
  });

  it.each([
    [() => 1, "a function"],
    [new WeakMap(), "a WeakMap"],
    [Symbol("s"), "a symbol"],
    [Promise.resolve(), "a Promise"],
  ])("fails when its state holds %s, saying where", async (loaded, what) => {
    const { frame } = await place(holding(loaded));
    const message = expect.stringContaining(`context.a.b is ${what}`);
    expect(frame?.commands).toMatchObject([{ end: { status: "failed", error: { message } } }]);
  });

  it("keeps an error in its state as name and message", async () => {
    const { frame } = await place(holding(new TypeError("no")));
    const kept = { name: "TypeError", message: "no" };
    expect(frame?.state).toMatchObject({ machine: { context: { a: { b: kept } } } });
  });

  it("fails when its module exports no machine or cannot be imported", async () => {
    const { frame } = await place({ not: "a machine" });
    const error = { code: "MACHINE_INVALID" };
    expect(frame?.commands).toMatchObject([{ type: "done", end: { status: "failed", error } }]);
  });
});

function resultOf(count: number, value: unknown): never {
  const result = { isError: false, value };
  return { type: "result", callId: `/a#1.${count}`, result } as never;
}
