import { describe, expect, it } from "vitest";
import type { DeliveryBody, PlaceAgent } from "../../src/wire/delivery.ts";
import type { TurnMessage } from "../../src/wire/transcript.ts";
import {
  type DrivenHost,
  driveHost,
  isPaired,
  loopTemplate,
  movedTo,
  permit,
  result,
} from "./driven-host.ts";

const session: Partial<PlaceAgent> = { lifetime: "session" };
const modelled = loopTemplate([], { model: { provider: "file:///m.ts" } });

/** A session whose model gives these answers, and keeps what it was sent. */
function answering(...answers: readonly (object | string)[]) {
  const asked: (readonly TurnMessage[])[] = [];
  const model = ({ messages, turn }: { messages: readonly TurnMessage[]; turn: number }) => {
    asked.push(structuredClone(messages));
    return answers[turn];
  };
  const host = driveHost({ importModule: async () => ({ default: model }) });
  host.place(modelled, session);
  return { host, asked };
}

const ask = (message: string): DeliveryBody => {
  return { type: "message", from: "user", message, askId: message };
};

async function turn(host: DrivenHost, ...bodies: DeliveryBody[]) {
  host.tell(...bodies);
  const [frame] = await host.later();
  return frame;
}

describe("a turn of a session that failed", () => {
  const refused = { text: "No.", toolCalls: [{ name: "add", input: {} }], stopReason: "refusal" };

  it("is answered and left out, in the one frame that says so", async () => {
    const { host, asked } = answering("Ready.", refused, "fine");
    await turn(host, permit(1, 0));
    const frame = await turn(host, ask("odd"), permit(2, 1));
    const error = { code: "MODEL_FAILED", details: { stopReason: "refusal" } };
    expect(frame).toMatchObject({
      value: "waiting",
      append: [
        { role: "assistant", content: [{ text: "No." }] },
        { omits: 2, content: [] },
      ],
    });
    expect(frame?.commands.slice(1)).toMatchObject([
      { type: "model.done", stopReason: "refusal" },
      { type: "reply.failed", askId: "odd", error },
      { type: "turn.failed", error },
      // What it would complete with: the answer before.
      { type: "turn-end", output: "Ready." },
    ]);
    await turn(host, ask("even"), permit(3, 2));
    expect(asked[2]?.map(({ role }) => role)).toEqual(["user", "assistant", "user"]);
    host.runtime.close();
  });

  it("is estimated no more", async () => {
    const { host } = answering("Ready.", refused, "fine");
    await turn(host, permit(1, 0));
    const before = host.tell(ask("odd"))[0]?.commands.at(-1);
    await turn(host, permit(2, 1));
    const after = host.tell(ask("even"))[0]?.commands.at(-1);
    expect(after).toMatchObject({ type: "model" });
    expect(after).toEqual({ ...before, callId: "/a#1.3" });
    host.runtime.close();
  });

  it("stays left out where its agent is moved, and no id of it is used again", async () => {
    const { host } = answering("Ready.", refused);
    await turn(host, permit(1, 0));
    await turn(host, ask("odd"), permit(2, 1));
    const { known } = host;
    host.runtime.close();
    const asked: (readonly TurnMessage[])[] = [];
    const model = ({ messages }: { messages: readonly TurnMessage[] }) => {
      asked.push(structuredClone(messages));
      return "fine";
    };
    const next = driveHost({ importModule: async () => ({ default: model }) });
    next.place(modelled, { ...session, ...movedTo(known) });
    const frame = await turn(next, ask("even"), permit(3, 2));
    expect(frame?.commands.at(-1)).toEqual({ type: "turn-end", output: "fine" });
    expect(asked[0]?.map(({ role }) => role)).toEqual(["user", "assistant", "user"]);
    next.runtime.close();
  });

  it("fails where no other model may be asked, as its call is told then", async () => {
    const model = ({ turn }: { turn: number }) => {
      if (turn === 0) return "Ready.";
      throw Object.assign(new Error("No."), { status: 400 });
    };
    const host = driveHost({ importModule: async () => ({ default: model }) });
    const template = { ...modelled, fallback: [{ provider: "file:///n.ts" }] };
    host.place(template, session);
    await turn(host, permit(1, 0));
    const fallen = await turn(host, ask("odd"), permit(2, 1));
    expect(fallen).toMatchObject({ value: "asking" });
    const error = { code: "MODEL_FAILED", message: "No.", details: { status: 400 } } as const;
    const told = { type: "result", callId: "/a#1.2", result: { isError: true, error } } as const;
    const [frame] = host.tell(told);
    expect(frame).toMatchObject({
      value: "waiting",
      commands: [
        { type: "reply.failed", askId: "odd", error },
        { type: "turn.failed", error },
        { type: "turn-end", output: "Ready." },
      ],
    });
    host.runtime.close();
  });

  it("of a task ends it", async () => {
    const host = driveHost({ importModule: async () => ({ default: () => refused }) });
    host.place(modelled);
    const frame = await turn(host, permit(1, 0));
    expect(frame?.commands.at(-1)).toMatchObject({ type: "done", end: { status: "failed" } });
    expect(isPaired(host.known.transcript)).toBe(true);
  });
});

describe("a turn with more calls than are run", () => {
  const calls = Array.from({ length: 131 }, (_, n) => ({ name: "add", input: { n } }));
  const template = loopTemplate([{ toolCalls: calls }, { text: "ok" }]);
  const results = Array.from({ length: 128 }, (_, n) => result(n + 2, n));

  function called(): DrivenHost {
    const host = driveHost();
    host.place(template);
    const [frame] = host.tell(permit(1, 0));
    expect(frame?.commands.filter(({ type }) => type === "tool")).toHaveLength(128);
    return host;
  }

  function expectAll(transcript: readonly TurnMessage[]): void {
    expect(isPaired(transcript)).toBe(true);
    const blocks = transcript[2]?.content as readonly { content: string; is_error?: boolean }[];
    expect(blocks).toHaveLength(131);
    expect(blocks.slice(0, 128).map(({ content }) => content)).toEqual(
      Array.from({ length: 128 }, (_, n) => `${n}`),
    );
    expect(blocks.slice(128)).toMatchObject(
      Array.from({ length: 3 }, () => ({
        content: expect.stringContaining("128"),
        is_error: true,
      })),
    );
  }

  it("answers the others as errors", () => {
    const host = called();
    host.tell(...results, permit(130, 1));
    expectAll(host.known.transcript);
  });

  it("answers them also where it is moved before it has its results", () => {
    const first = called();
    first.tell(...results.slice(0, 60));
    const next = driveHost();
    next.place(template, movedTo(first.known));
    next.known.transcript.unshift(...first.known.transcript);
    next.tell(...results.slice(60), permit(130, 1));
    expectAll(next.known.transcript);
  });

  it("has each of them answered when it is told to end", () => {
    const host = called();
    host.tell({ type: "end", status: "cancelled", reason: "enough" });
    expect(host.known.transcript[2]?.content).toHaveLength(131);
    expect(isPaired(host.known.transcript)).toBe(true);
  });
});
