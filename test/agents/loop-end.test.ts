import { describe, expect, it } from "vitest";
import type { Command } from "../../src/wire/frame.ts";
import {
  cancelled,
  type DrivenHost,
  driveHost,
  isPaired,
  loopTemplate,
  movedTo,
  permit,
  result,
} from "./driven-host.ts";

const add = (a: number) => ({ name: "add", input: { a } });
const both = [{ text: "both", toolCalls: [add(1), add(2)] }, { text: "sum" }];
const slow = [
  { text: "first", toolCalls: [add(1)] },
  { text: "never", delayMs: 60_000 },
];

function placed(steps: Parameters<typeof loopTemplate>[0]): DrivenHost {
  const host = driveHost();
  host.place(loopTemplate(steps));
  return host;
}

describe("told to end", () => {
  const cases: readonly [string, () => DrivenHost, string | undefined][] = [
    ["before its first permit", () => placed(both), undefined],
    ["with no result yet", () => told(placed(both), permit(1, 0)), "both"],
    ["with some results", () => told(placed(both), permit(1, 0), result(3, 1)), "both"],
    [
      "with all results, no permit",
      () => told(placed(both), permit(1, 0), result(2, 1), result(3, 1)),
      "both",
    ],
    ["at rest after its turn", () => told(placed([{ text: "sum" }]), permit(1, 0)), "sum"],
  ];

  it.each(cases)("%s, it pairs its calls and says its last text", (_when, prepare, partial) => {
    const host = prepare();
    const [frame] = host.tell(cancelled);
    const said = partial === undefined ? {} : { partial };
    expect(frame?.commands).toEqual([{ type: "done", end: { status: "ended", ...said } }]);
    expect(isPaired(host.known.transcript)).toBe(true);
    expect(host.runtime.stats()).toEqual({ agents: 0 });
    expect(host.tell(cancelled)).toEqual([]);
  });

  it("keeps the results that came and closes the other calls as cancelled", () => {
    const host = told(placed(both), permit(1, 0), result(3, "here"));
    const [frame] = host.tell({ type: "end", status: "exhausted", reason: "", unit: "usd" });
    expect(frame?.append?.[0]?.content).toMatchObject([
      { content: "cancelled", is_error: true },
      { content: "here" },
    ]);
  });

  it("while its model answers, it settles the call before it says that it ended", async () => {
    const host = told(placed(slow), permit(1, 0), result(2, 1), permit(3, 1));
    const [closing] = host.tell(cancelled);
    expect(closing).toMatchObject({ value: "closing", commands: [] });
    host.tell(cancelled);
    const [frame] = await host.later();
    expect(frame?.commands).toMatchObject([
      { type: "model.done", callId: "/a#1.3", usage: { outputTokens: 0 } },
      { type: "done", end: { status: "ended", partial: "first" } },
    ]);
    expect(frame?.commands[0]).not.toHaveProperty("error");
  });

  it("keeps the text that was streamed before", async () => {
    const host = driveHost({ importModule: async () => ({ default: streaming }) });
    host.place(loopTemplate([], { model: { provider: "file:///m.ts" } }));
    host.tell(permit(1, 0));
    await until(host, (command) => command.type === "output");
    host.tell(cancelled);
    const [frame] = await host.later();
    expect(frame?.append).toEqual([{ role: "assistant", content: "so far" }]);
    expect(frame?.commands).toMatchObject([
      { type: "model.done", partial: true },
      { type: "done", end: { status: "ended", partial: "so far" } },
    ]);
  });

  it("and moved before it had ended, it says so on its new host", async () => {
    const host = told(placed(slow), permit(1, 0), result(2, 1), permit(3, 1));
    host.tell(cancelled);
    const next = driveHost();
    const [frame] = next.place(loopTemplate(slow), movedTo(host.known));
    expect(frame?.commands).toEqual([{ type: "done", end: { status: "ended", partial: "first" } }]);
    host.runtime.close();
  });
});

it("starts no model once its cancel flag is set, although the permit was under way", () => {
  const host = placed(both);
  Atomics.store(host.cancelFlags, 0, 1);
  const [frame] = host.tell(permit(1, 0));
  expect(frame?.commands).toMatchObject([{ type: "model.done", usage: { inputTokens: 0 } }]);
  const [ended] = host.tell(cancelled);
  expect(ended?.commands).toEqual([{ type: "done", end: { status: "ended" } }]);
});

it("forgets a dropped agent at once, and says nothing of the stream that ran", async () => {
  const host = told(placed(slow), permit(1, 0), result(2, 1), permit(3, 1));
  expect(host.receive([{ type: "drop", path: "/a", incarnation: 2 }])).toEqual([]);
  expect(host.runtime.stats()).toEqual({ agents: 1 });
  expect(host.receive([{ type: "drop", path: "/a", incarnation: 1 }])).toEqual([]);
  expect(host.runtime.stats()).toEqual({ agents: 0 });
  await new Promise((resolve) => setImmediate(resolve));
  expect(host.flush()).toEqual([]);
});

describe("an answer that is not whole", () => {
  const answering = (answer: object) => {
    const importModule = async () => ({ default: () => answer });
    const host = driveHost({ importModule });
    host.place(loopTemplate([], { model: { provider: "file:///m.ts" } }));
    host.tell(permit(1, 0));
    return host;
  };

  it("is gone on with when it was cut off without calls, as another turn", async () => {
    const host = answering({ text: "half a", stopReason: "max_tokens" });
    const [frame] = await host.later();
    expect(frame).toMatchObject({ value: "asking", append: [{ role: "assistant" }] });
    expect(frame?.commands.at(-1)).toMatchObject({ type: "model", callId: "/a#1.2", after: "now" });
  });

  it("does not make a call that was cut off, and tells the model so", async () => {
    const host = answering({ toolCalls: [add(1), add(2)], stopReason: "max_tokens" });
    const [frame] = await host.later();
    const made = frame?.commands.filter(({ type }) => type === "tool");
    expect(made).toMatchObject([{ callId: "/a#1.2", input: { a: 1 } }]);
    const [next] = host.tell(result(2, 1), permit(4, 1));
    expect(next?.append?.[0]?.content).toMatchObject([
      { content: "1" },
      { content: expect.stringContaining("was cut off"), is_error: true },
    ]);
    host.runtime.close();
  });

  it("fails the agent when its model refused, with no call left open", async () => {
    const host = answering({ text: "No.", toolCalls: [add(1)], stopReason: "refusal" });
    const [frame] = await host.later();
    const error = { code: "MODEL_FAILED", details: { stopReason: "refusal" } };
    const end = { status: "failed", error, partial: "No." };
    expect(frame?.commands.at(-1)).toMatchObject({ type: "done", end });
    expect(isPaired(host.known.transcript)).toBe(true);
  });
});

async function* streaming() {
  yield "so far";
  await new Promise(() => undefined);
}

function told(host: DrivenHost, ...bodies: Parameters<DrivenHost["tell"]>): DrivenHost {
  for (const body of bodies) host.tell(body);
  return host;
}

async function until(host: DrivenHost, there: (command: Command) => boolean): Promise<void> {
  while (!host.known.commands.some(there)) await host.later();
}
