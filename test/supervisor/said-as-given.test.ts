import { describe, expect, it } from "vitest";
import { Supervisor } from "../../src/index.ts";

const machine = new URL("../fixtures/supervisor/answers.ts", import.meta.url).href;
const answers = { machine, lifetime: "session" } as const;
const soon = { timeoutMs: 60_000 };

describe.each([0, 1])("with %i threads a message", (threads) => {
  it("is what it was when it was said, whatever its sender does with it after", async () => {
    await using supervisor = await Supervisor.start({ threads, agents: { answers } });
    const ref = await supervisor.spawn("answers");
    const message: { type: string; text: string } = { type: "ask", text: "" };
    const said = ["one", "two", "three"].map((text) => {
      message.text = text;
      return ref.ask(message, soon);
    });
    message.text = "changed";
    expect(await Promise.all(said)).toEqual(["1: one", "2: two", "3: three"]);
  });

  it("is what its fields and its `toJSON` once said, and harms nobody by saying more", async () => {
    await using supervisor = await Supervisor.start({ threads, agents: { answers } });
    const ref = await supervisor.spawn("answers");
    let reads = 0;
    const turning = {
      type: "ask",
      get text(): string {
        reads += 1;
        return reads === 1 ? "first" : ((() => "second") as never);
      },
    };
    const spoken = { secret: 1, toJSON: () => ({ type: "ask", text: new Date(0) }) };
    expect(await ref.ask(turning, soon)).toBe("1: first");
    expect(await ref.ask(spoken as never, soon)).toBe("2: 1970-01-01T00:00:00.000Z");
  });
});
