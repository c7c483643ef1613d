import { describe, expect, it } from "vitest";
import { CoppiceError } from "../../src/errors.ts";
import type { HostItem } from "../../src/wire/delivery.ts";
import { callId, delivery, driveHost, loopTemplate, permit, placed } from "./driven-host.ts";
import { readOnce } from "./read-once.ts";

const talk = loopTemplate([{ text: "one" }]);

it("posts once for everything that one message caused", () => {
  const host = driveHost();
  const paths = ["/a", "/b", "/c"];
  const frames = host.receive(
    paths.map((path) => placed(talk, { path })),
    [talk],
  );
  expect(frames.map(({ path }) => path)).toEqual(paths);
  expect(host.flushes).toEqual([]);
});

it.each([
  [63, 0],
  [64, 1],
])(
  "posts %i frames at the end of the tick, or at once where they are a full message",
  (many, now) => {
    const host = driveHost();
    const items = Array.from({ length: many }, (_, n) => placed(talk, { path: `/a-${n}` }));
    host.runtime.receive({ templates: [talk], items });
    expect(host.posts).toHaveLength(now);
    while (host.flushes.length > 0) host.flushes.shift()?.();
    expect(host.posts.map(({ frames }) => frames.length)).toEqual([many]);
  },
);

it("ignores what it has consumed, and what is for another incarnation or a stranger", () => {
  const host = driveHost();
  host.place(talk, { upTo: 4 });
  expect(host.receive([delivery(permit(1, 0), 4)])).toEqual([]);
  expect(host.receive([delivery(permit(1, 0), 5, 2)])).toEqual([]);
  const stranger = { ...delivery(permit(1, 0), 5), path: "/b" } as never;
  expect(host.receive([stranger])).toEqual([]);
  expect(host.receive([delivery(permit(1, 0), 5)])).toMatchObject([{ upTo: 5 }]);
  expect(host.receive([delivery(permit(1, 0), 5)])).toEqual([]);
});

it("lets a new incarnation take the place of the old one", () => {
  const host = driveHost();
  host.place(talk);
  const [frame] = host.place(talk, { incarnation: 2 });
  expect(frame).toMatchObject({ incarnation: 2, commands: [{ callId: "/a#2.1" }] });
  expect(host.runtime.stats()).toEqual({ agents: 1 });
});

it("covers a delivery that it makes nothing of", () => {
  const host = driveHost();
  host.place(talk);
  const [frame] = host.tell(permit(99, 0));
  expect(frame).toEqual({ path: "/a", incarnation: 1, upTo: 1, commands: [], busy: false });
});

it("fails an agent whose state it cannot read, and no other", () => {
  const host = driveHost();
  const frames = host.receive(
    [placed(talk, { state: { value: "nowhere", context: {} } }), placed(talk, { path: "/b" })],
    [talk],
  );
  expect(frames[0]?.commands).toMatchObject([{ type: "done", end: { status: "failed" } }]);
  expect(frames[1]?.commands).toMatchObject([{ type: "model" }]);
  expect(host.runtime.stats()).toEqual({ agents: 1 });
});

it("fails an agent whose model's reply it cannot take, and no other", () => {
  const host = driveHost({ post: (message) => host.posts.push(message) });
  const spoilt = { toolCalls: [{ name: "add", input: readOnce() }] };
  const bad = loopTemplate([spoilt], { id: "bad" });
  host.runtime.receive({
    templates: [bad, talk],
    items: [placed(bad), placed(talk, { path: "/b" })],
  });
  host.runtime.receive({ items: [delivery(permit(1, 0), 1), permitOf("/b")] });
  const frames = host.flush();
  expect(frames[0]?.commands.at(-1)).toMatchObject({ type: "done", end: { status: "failed" } });
  expect(frames[1]?.commands.at(-1)).toEqual({ type: "turn-end", output: "one" });
});

it("fails an agent that holds more than anybody could keep, and no other", () => {
  const host = driveHost();
  const message = (characters: number) =>
    ({ type: "message", from: "/", message: "x".repeat(characters) }) as const;
  host.receive([placed(talk), placed(talk, { path: "/b" })], [talk]);
  // It waits for its model, so that a message stands in its state.
  expect(host.tell(message(1_000))).toMatchObject([{ path: "/a", commands: [] }]);
  const [frame] = host.tell(message(64_000_000));
  const end = { status: "failed", error: { code: "RUNTIME_FAULT" } };
  expect(frame).toMatchObject({ path: "/a", commands: [{ type: "done", end }] });
  expect(frame?.state).toBeUndefined();
  expect(host.runtime.stats()).toEqual({ agents: 1 });
});

describe("a job", () => {
  const job = { messages: [{ role: "user" as const, content: "hi" }] };
  const item = {
    type: "job" as const,
    template: "loop",
    cancelFlag: 0,
    maxTokens: 9,
    turn: 0,
    job,
  };

  it("runs a model for an agent that lives elsewhere", () => {
    const host = driveHost();
    host.runtime.receive({ templates: [talk], items: [{ ...item, callId: callId(1) }] });
    expect(host.jobs()).toMatchObject([
      { type: "output", callId: "/a#1.1", text: "one" },
      { type: "done", callId: "/a#1.1", result: { isError: false, stopReason: "end_turn" } },
    ]);
  });

  it("does not start once the cancel flag is set", () => {
    const host = driveHost();
    Atomics.store(host.cancelFlags, 0, 1);
    host.runtime.receive({ templates: [talk], items: [{ ...item, callId: callId(1) }] });
    const result = { isError: true, error: { code: "CANCELLED" } };
    expect(host.jobs()).toMatchObject([{ type: "done", result }]);
  });

  it("ends when it is cancelled, and reports that", async () => {
    const host = driveHost();
    const slow = loopTemplate([{ delayMs: 60_000 }]);
    host.runtime.receive({ templates: [slow], items: [{ ...item, callId: callId(1) }] });
    host.runtime.receive({ items: [{ type: "job.cancel", callId: callId(1) }] });
    while (host.flushes.length === 0) await new Promise((resolve) => setImmediate(resolve));
    const result = { isError: true, error: { code: "CANCELLED" } };
    expect(host.jobs()).toMatchObject([{ type: "done", callId: "/a#1.1", result }]);
  });
});

describe("checkModule", () => {
  const runtimeWith = (module: unknown) => driveHost({ importModule: async () => module }).runtime;

  it.each([{}, { default: 7 }, { default: null }, { default: { root: 1 } }])(
    "refuses a machine module that exports %j",
    async (module) => {
      const checked = runtimeWith(module).checkModule("file:///m.ts", "machine");
      await expect(checked).rejects.toSatisfy(hasCode("MACHINE_INVALID"));
    },
  );

  it("refuses a model module without a function", async () => {
    const checked = runtimeWith({ default: 7 }).checkModule("file:///m.ts", "model");
    await expect(checked).rejects.toSatisfy(hasCode("OPTIONS_INVALID"));
  });

  it.each(["machine", "model"] as const)(
    "refuses a %s module that cannot be found",
    async (kind) => {
      const { runtime } = driveHost();
      const checked = runtime.checkModule("file:///nowhere/at/all.ts", kind);
      const code = kind === "machine" ? "MACHINE_INVALID" : "OPTIONS_INVALID";
      await expect(checked).rejects.toSatisfy(hasCode(code));
    },
  );
});

it("says what is left when it is closed, and nothing afterwards", () => {
  const host = driveHost();
  host.runtime.receive({ templates: [talk], items: [placed(talk)] });
  host.runtime.close();
  expect(host.posts).toHaveLength(1);
  host.runtime.receive({ items: [delivery(permit(1, 0), 1)] });
  expect(host.flush()).toHaveLength(1);
  expect(host.runtime.stats()).toEqual({ agents: 0 });
});

function permitOf(path: string): HostItem {
  const call = { callId: `${path}#1.1`, maxTokens: 9, attempt: 1, turn: 0 };
  return { type: "deliver", path, incarnation: 1, n: 1, body: { type: "permit", ...call } };
}

function hasCode(code: string) {
  return (thrown: unknown) => thrown instanceof CoppiceError && thrown.code === code;
}
