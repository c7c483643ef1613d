import { describe, expect, it } from "vitest";
import type { Command } from "../../src/wire/frame.ts";
import { STATE_BOUND } from "../../src/wire/machine-state.ts";
import { Driver, modelDone } from "./driver.ts";

const usage = { inputTokens: 0, cacheReadTokens: 0, cacheWriteTokens: 0, outputTokens: 0 };

describe("a forged frame", () => {
  const forgeries: [string, (driver: Driver) => void][] = [
    ["of a path that never was", (driver) => send(driver, { path: "/nobody" })],
    [
      "of an agent that lives on another host",
      (driver) => {
        driver.host = "h2";
        driver.spawn(driver.root, { name: "elsewhere" });
        send(driver, { path: "/elsewhere" });
      },
    ],
    [
      "of an agent that has not been placed",
      (driver) => {
        driver.places = false;
        driver.spawn(driver.root, { name: "unplaced" });
        send(driver, { path: "/unplaced" });
      },
    ],
    [
      "that changes a state that there is not",
      (driver) => send(driver, { change: { type: "set", value: 1 } }),
    ],
    [
      "that changes what the state has not",
      (driver) => {
        send(driver, { state: { list: [] } });
        const list = { type: "splice", at: 0, gone: 1, added: [] };
        send(driver, { change: { type: "fields", fields: { list } } });
      },
    ],
    ["of the root", (driver) => send(driver, { path: "/" })],
    ["of another incarnation", (driver) => send(driver, { incarnation: 2 })],
    ["that covers what was never delivered", (driver) => send(driver, { upTo: 1 })],
    [
      "with the call of another agent",
      (driver) => send(driver, {}, { type: "tool", callId: "/b#1.1", tool: "t", input: null }),
    ],
    [
      "with the call of an agent whose path begins with its own",
      (driver) => send(driver, {}, { type: "tool", callId: "/a-2#1.1", tool: "t", input: null }),
    ],
    [
      "with the call of another incarnation",
      (driver) => send(driver, {}, { type: "tool", callId: "/a#11.1", tool: "t", input: null }),
    ],
  ];

  it.each(forgeries)("%s terminates its host", (_what, forge) => {
    const driver = new Driver();
    driver.spawn();
    forge(driver);
    expect(driver.of("terminate")).toMatchObject([{ host: "h1" }]);
  });

  it("is not applied at all, also where only its last word is forged", () => {
    const driver = new Driver();
    const node = driver.spawn(driver.root, { loop: false });
    driver.do((kernel) => kernel.tell(node, "/", "hi"));
    driver.frame(
      node,
      [
        { type: "tool", callId: driver.callId(node), tool: "t", input: null },
        { type: "output", callId: "/b#1.1", text: "psst" },
      ],
      { state: { moved: true }, value: "elsewhere", append: [{ role: "user", content: "x" }] },
    );
    expect(driver.of("terminate")).toHaveLength(1);
    expect(driver.of("request")).toEqual([]);
    expect(driver.facts("agent.state")).toEqual([]);
    expect(node).toMatchObject({ state: undefined, value: undefined, transcript: [] });
    expect(node.mailbox.unacknowledged).toHaveLength(1);
    expect(node.calls.size).toBe(0);
  });

  it("cannot settle a call with what only another host may say of it", () => {
    const job = { messages: [] };
    const outs: Command[] = [
      { type: "model", callId: "/a#1.1", after: "now", inputTokens: 1, job },
      { type: "tool", callId: "/a#1.1", tool: "t", input: null },
    ];
    for (const command of outs) {
      const driver = new Driver();
      const node = driver.spawn(driver.root, { loop: false });
      driver.frame(node, [command]);
      driver.frame(node, [{ type: "model.done", callId: "/a#1.1", usage }]);
      expect(driver.of("report"), command.type).toEqual([]);
      expect(driver.of("terminate"), command.type).toHaveLength(1);
      expect(node.calls.has("/a#1.1")).toBe(true);
    }
  });

  function send(driver: Driver, more: object, ...commands: Command[]): void {
    const frame = { path: "/a", incarnation: 1, upTo: 0, busy: false, commands, ...more };
    driver.do((kernel) => kernel.commit("h1", frame));
  }
});

describe("a late frame of an agent that left", () => {
  it("is ignored and terminates nothing, whether it ended or was moved away", () => {
    const driver = new Driver();
    const ended = driver.spawn();
    driver.complete(ended);
    driver.frame(ended, [{ type: "turn-end", output: "late" }], { host: "h1" });
    expect(driver.of("terminate")).toEqual([]);
    expect(ended.end).toEqual({ status: "completed", output: "done" });
  });

  it("terminates the host when it comes from a host where the agent never lived", () => {
    const driver = new Driver();
    const ended = driver.spawn();
    driver.complete(ended);
    driver.frame(ended, [], { host: "h2" });
    expect(driver.of("terminate")).toMatchObject([{ host: "h2" }]);
  });
});

it("applies the change of a state that it keeps, until the agent is to be restarted", () => {
  const driver = new Driver();
  const more = { loop: false, restart: "transient", restartFrom: "snapshot" } as const;
  const node = driver.spawn(driver.root, more);
  driver.frame(node, [], { state: { a: 1 } });
  const setTo = (value: number) =>
    ({ change: { type: "fields", fields: { a: { type: "set", value } } } }) as const;
  driver.frame(node, [], setTo(2));
  expect(node.state).toEqual({ a: 2 });
  // What an agent sends in its last frame is not what a restart returns to, and may be anything.
  const error = { code: "MACHINE_INVALID", message: "no", details: {} } as const;
  const end = { status: "failed", error } as const;
  driver.frame(node, [{ type: "done", end }], { change: { type: "items", items: [] } });
  expect(driver.of("terminate")).toEqual([]);
  expect(node.state).toEqual({ a: 2 });
});

it("lets a state grow to its bound by changes, and no further", () => {
  const { values } = STATE_BOUND;
  const push = (count: number) => {
    const added = new Array<number>(count).fill(0);
    return { change: { type: "splice", at: 0, gone: 0, added } } as const;
  };
  for (const [count, ended] of [
    [values - 11, 0],
    [values - 10, 1],
  ] as const) {
    const driver = new Driver();
    const node = driver.spawn(driver.root, { loop: false });
    // A list of nine, and the list of what is added: eleven values in all.
    driver.frame(node, [], { state: new Array<number>(9).fill(0) });
    driver.frame(node, [], push(count));
    expect(driver.of("terminate")).toHaveLength(ended);
    expect(node.state).toHaveLength(ended === 0 ? count + 9 : 9);
    driver.frame(node, [], push(1));
    expect(driver.of("terminate")).toHaveLength(1);
  }
});

it("applies all of a frame: state, value, timers, transcript, and what was asked", () => {
  const driver = new Driver();
  const node = driver.spawn();
  const timers = [{ id: "t", dueMs: 5, event: null }];
  const append = [{ role: "user", content: "x" }] as const;
  driver.frame(
    node,
    [
      { type: "tool", callId: "/a#1.1", tool: "t", input: 1 },
      { type: "output", callId: "/a#1.1", text: "t" },
    ],
    { state: { s: 1 }, value: "acting", timers, append },
  );
  expect(node).toMatchObject({ state: { s: 1 }, value: "acting", timers, transcript: append });
  expect(driver.of("request")).toMatchObject([{ command: { callId: "/a#1.1", input: 1 } }]);
  expect(driver.of("report")).toMatchObject([{ command: { text: "t" } }]);
  expect(driver.facts("agent.state")).toMatchObject([{ path: "/a", state: "acting" }]);
});

it("takes up a call once, however often it is asked for", () => {
  const driver = new Driver();
  const node = driver.spawn();
  const command = { type: "tool", callId: "/a#1.1", tool: "t", input: 1 } as const;
  driver.frame(node, [command, command]);
  driver.frame(node, [command]);
  expect(driver.of("request")).toHaveLength(1);
});

it("applies nothing that comes behind the end in the same frame", () => {
  const driver = new Driver();
  const node = driver.spawn();
  driver.frame(node, [
    { type: "done", end: { status: "completed", output: 1 } },
    { type: "tool", callId: "/a#1.1", tool: "t", input: 1 },
  ]);
  expect(driver.of("request")).toEqual([]);
  expect(node.end).toEqual({ status: "completed", output: 1 });
});

it("passes on what the loop's own stream used, once", () => {
  const driver = new Driver();
  const node = driver.spawn(driver.root, { lifetime: "session" });
  const callId = driver.think(node);
  driver.frame(node, [modelDone(callId), { type: "turn-end", output: "" }]);
  expect(driver.of("report")).toMatchObject([{ command: { type: "model.done", callId } }]);
});
