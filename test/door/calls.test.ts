import { expect, it } from "vitest";
import { assign, createActor, setup } from "xstate";
import type { DoorRequest } from "../../src/door/host-door.ts";
import { openDoor } from "../../src/door/host-door.ts";
import * as door from "../../src/door/index.ts";
import { CoppiceError } from "../../src/errors.ts";
import type { CallResult } from "../../src/wire/delivery.ts";
import type { Json } from "../../src/wire/json.ts";

const { reply, send, ...calls } = door;

/** Runs one call in a machine of its own, with a door that the test holds. */
function invoke(logic: unknown, input: unknown) {
  const requests: DoorRequest[] = [];
  const settles: ((result: CallResult) => void)[] = [];
  const machine = setup({ actors: { call: logic as typeof door.callTool } }).createMachine({
    context: { output: undefined as unknown },
    invoke: {
      id: "call",
      src: "call",
      input: input as door.ToolInput,
      onDone: { actions: assign({ output: ({ event }) => event.output }) },
    },
  });
  const actor = createActor(machine);
  openDoor(actor.system, {
    call: (request, settle) => {
      requests.push(request);
      settles.push(settle);
      return "c1";
    },
    attach: () => undefined,
    detach: () => undefined,
    reply: () => undefined,
    send: () => undefined,
  });
  actor.start();
  return {
    requests,
    settle: (result: CallResult) => {
      settles[0]?.(result);
      return actor.getSnapshot().context.output;
    },
  };
}

const requests: readonly [keyof typeof calls, object, object][] = [
  ["callTool", { tool: "a", input: 1 }, { type: "tool", tool: "a", input: 1 }],
  [
    "callModel",
    { messages: [], system: "s" },
    { type: "model", job: { messages: [], system: "s" } },
  ],
  [
    "spawnAgent",
    { agent: "a", input: 1 },
    { type: "spawn", agent: "a", input: 1, background: false },
  ],
  ["sendMessage", { to: "/b", message: 1 }, { type: "send", to: "/b", message: 1 }],
  [
    "askAgent",
    { to: "b", message: 1, timeoutMs: 5 },
    { type: "ask", to: "b", message: 1, timeoutMs: 5 },
  ],
  ["watchAgent", { path: "/b" }, { type: "watch", to: "/b" }],
  ["watchAgent", { name: "b" }, { type: "watch", to: "b" }],
  ["waitAgents", { names: ["r"] }, { type: "wait", names: ["r"] }],
  ["cancelAgent", { name: "r", reason: "x" }, { type: "cancel", name: "r", reason: "x" }],
  ["askHuman", { question: "why?" }, { type: "question", question: "why?" }],
];

it.each(requests)("%s asks for what it was invoked with", (name, input, request) => {
  expect(invoke(calls[name], input).requests).toEqual([request]);
});

it("covers every call of the door", () => {
  const asked = new Set(requests.map(([name]) => name));
  expect(Object.keys(calls).sort()).toEqual([...asked].sort());
});

it("gives the text of a model's answer beside its content", () => {
  const content = [
    { type: "text", text: "a" },
    { type: "tool_use", id: "1", name: "x", input: {} },
    { type: "text", text: "b" },
  ];
  const value = { content, stopReason: "end_turn" } as unknown as Json;
  const output = invoke(calls.callModel, { messages: [] }).settle({ isError: false, value });
  expect(output).toEqual({
    isError: false,
    value: { content, stopReason: "end_turn", text: "ab" },
  });
});

it("is done with an error as a value, never in error", () => {
  const error = { code: "BUDGET_EXCEEDED", message: "No.", details: {} } as const;
  const refused = { isError: true, error, partial: "half" } as const;
  expect(invoke(calls.spawnAgent, { agent: "a", input: 1 }).settle(refused)).toEqual(refused);
});

it.each(Object.keys(calls) as (keyof typeof calls)[])("%s says that it needs a host", (name) => {
  const errors: unknown[] = [];
  const actor = createActor(calls[name] as typeof door.callTool, {
    input: { tool: "a", input: 1 },
  });
  actor.subscribe({ error: (error) => errors.push(error) });
  actor.start();
  expect(errors[0]).toBeInstanceOf(CoppiceError);
  expect(errors).toMatchObject([{ message: expect.stringContaining(`${name} was used outside`) }]);
});

it.each([
  ["reply", reply(1)],
  ["send", send({ to: "b", message: 1 })],
] as const)("%s says that it needs a host", (name, entry) => {
  const errors: unknown[] = [];
  const actor = createActor(setup({}).createMachine({ entry }));
  actor.subscribe({ error: (error) => errors.push(error) });
  actor.start();
  expect(errors).toMatchObject([{ message: expect.stringContaining(`${name} was used outside`) }]);
});
