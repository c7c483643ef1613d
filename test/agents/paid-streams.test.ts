import { describe, expect, it } from "vitest";
import type { Command } from "../../src/wire/frame.ts";
import {
  cancelled,
  delivery,
  driveHost,
  loopTemplate,
  movedTo,
  permit,
  placed,
} from "./driven-host.ts";
import { readOnce } from "./read-once.ts";

const usage = { inputTokens: 7, outputTokens: 2 };
const doneIn = (command: readonly Command[]) => command.filter(({ type }) => type === "model.done");

/** A module that says half an answer and breaks off, as often as it is told. */
function breaking(times: number) {
  let asked = 0;
  return async function* () {
    asked += 1;
    yield { text: `half ${asked}`, usage };
    if (asked <= times) throw Object.assign(new Error("cut"), { retryable: true, retryAfterMs: 9 });
  };
}

function hostOf(model: () => unknown) {
  const host = driveHost({ importModule: async () => ({ default: model }) });
  host.place(loopTemplate([], { model: { provider: "file:///m.ts" } }));
  return host;
}

describe("a loop whose stream was cut", () => {
  it("reports the attempt and asks for another one in one frame", async () => {
    const host = hostOf(breaking(1));
    host.tell(permit(1, 0));
    const [frame] = await host.later();
    expect(frame).toMatchObject({ value: "asking" });
    expect(frame?.append).toBeUndefined();
    expect(frame?.commands.slice(-2)).toMatchObject([
      { type: "model.done", usage, partial: true, again: { attempt: 1, delayMs: 9 } },
      { type: "model", callId: "/a#1.1", after: "now" },
    ]);
    host.tell({ ...permit(1, 0), failed: 1 } as never);
    const [next] = await host.later();
    expect(next?.append).toEqual([
      { role: "assistant", content: [{ type: "text", text: "half 2" }] },
    ]);
  });

  it("asks for no more than its permit leaves it", async () => {
    const host = hostOf(breaking(9));
    host.tell({ ...permit(1, 0), failed: 3 } as never);
    const [frame] = await host.later();
    expect(frame?.commands.at(-2)).not.toHaveProperty("again");
    expect(frame?.commands.at(-1)).toMatchObject({ type: "done", end: { status: "failed" } });
  });

  it("keeps what was said of it when no attempt follows", async () => {
    const host = hostOf(breaking(9));
    host.tell(permit(1, 0));
    await host.later();
    const [frame] = host.tell(cancelled);
    expect(frame?.commands).toEqual([
      { type: "done", end: { status: "ended", partial: "half 1" } },
    ]);
  });

  it("asks once more on another host than the one that reported it", async () => {
    const host = hostOf(breaking(1));
    host.tell(permit(1, 0));
    await host.later();
    const model = breaking(0);
    const other = driveHost({ importModule: async () => ({ default: model }) });
    const template = loopTemplate([], { model: { provider: "file:///m.ts" } });
    other.place(template, movedTo(host.known));
    other.tell({ ...permit(1, 0), failed: 1 } as never);
    const [frame] = await other.later();
    expect(doneIn(frame?.commands ?? [])).toMatchObject([{ callId: "/a#1.1", usage }]);
  });
});

it("a stream under way goes on when its permit is given twice", async () => {
  let asked = 0;
  const host = hostOf(async () => {
    asked += 1;
    await new Promise((resolve) => setImmediate(resolve));
    return { text: "once", usage };
  });
  host.tell(permit(1, 0));
  host.tell(permit(1, 0));
  const [frame] = await host.later();
  expect(doneIn(frame?.commands ?? [])).toMatchObject([{ usage }]);
  expect(asked).toBe(1);
});

it("a prompt that is longer than its permit says is told once", async () => {
  const host = hostOf(async function* () {
    yield { usage };
    yield "more ";
    yield "and more";
  });
  host.tell({ ...permit(1, 0), inputTokens: 6 } as never);
  const [frame] = await host.later();
  const grew = frame?.commands.filter(({ type }) => type === "model.grew");
  expect(grew).toMatchObject([{ callId: "/a#1.1", usage: { inputTokens: 7 } }]);
  const fits = hostOf(async function* () {
    yield { usage };
    yield "more";
  });
  fits.tell({ ...permit(1, 0), inputTokens: 7 } as never);
  const [none] = await fits.later();
  expect(none?.commands.some(({ type }) => type === "model.grew")).toBe(false);
});

it("a reply that cannot be taken is charged what it used", () => {
  const host = driveHost({ post: (message) => host.posts.push(message) });
  const spoilt = { toolCalls: [{ name: "add", input: readOnce() }], usage };
  const bad = loopTemplate([spoilt], { id: "bad" });
  host.runtime.receive({ templates: [bad], items: [placed(bad), delivery(permit(1, 0), 1)] });
  const command = host.flush().flatMap((frame) => frame.commands);
  expect(doneIn(command)[0]).toMatchObject({ usage });
  expect(command.at(-1)).toMatchObject({ type: "done", end: { status: "failed" } });
});
