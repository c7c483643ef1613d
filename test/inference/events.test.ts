import {
  type AnyEvent,
  type CoppiceError,
  type EventOf,
  type Json,
  type Outcome,
  type RuntimeEvent,
  Supervisor,
} from "coppice";
import { scripted, TestProbe } from "coppice/testing";
import { describe, expect, expectTypeOf, it } from "vitest";

const options = { threads: 0, agents: { speaker: { model: scripted("Hello!") } } };

describe("an event", () => {
  it("has the fields of its type once that is known, under `*` too", async () => {
    await using supervisor = await Supervisor.start(options);
    const told: string[] = [];
    supervisor.on("*", (event) => {
      expectTypeOf(event).toEqualTypeOf<RuntimeEvent>();
      if (event.type !== "agent.spawned") return;
      expectTypeOf(event.template).toEqualTypeOf<string>();
      expectTypeOf(event.seq).toEqualTypeOf<number>();
      // @ts-expect-error: of another type
      event.callId;
      told.push(event.template);
    });
    supervisor.once("agent.stopped", ({ outcome }) => {
      expectTypeOf(outcome.status).toEqualTypeOf<Outcome["status"]>();
      told.push(outcome.status);
    });
    await supervisor.run("speaker", { input: "Hi." });
    expect(told).toEqual(["speaker", "completed"]);
    // @ts-expect-error: there is no such type
    expect(() => supervisor.on("agent.stoped", () => undefined)).toThrow("agent.stopped");
  });

  it("is narrowed where events are read", async () => {
    await using supervisor = await Supervisor.start(options);
    const ref = await supervisor.spawn("speaker", { input: "Hi." });
    let text = "";
    for await (const event of ref.events()) {
      switch (event.type) {
        case "agent.output":
          expectTypeOf(event.after).toEqualTypeOf<number>();
          text += event.text;
          break;
        case "model.finished":
          expectTypeOf(event.usd).toEqualTypeOf<number | undefined>();
          break;
        case "budget.refused":
          expectTypeOf(event.limit).toEqualTypeOf<number>();
      }
    }
    expect(text).toBe("Hello!");
  });

  it("is of one or several types in a function that says so", () => {
    const codeOf = (event: EventOf<"tool.denied" | "spawn.refused">) => event.code;
    expectTypeOf(codeOf).returns.toEqualTypeOf<CoppiceError["code"]>();
    const any: (event: AnyEvent) => unknown = ({ tool }) => tool;
    expectTypeOf<RuntimeEvent>().toExtend<AnyEvent>();
    expectTypeOf(any).toBeCallableWith({} as RuntimeEvent);
    expectTypeOf<EventOf<"tool.requested">["input"]>().toEqualTypeOf<Json>();
  });

  it("is what a probe waited for", async () => {
    await using supervisor = await Supervisor.start(options);
    using probe = new TestProbe(supervisor);
    await supervisor.run("speaker", { input: "Hi." });
    const { outcome } = await probe.waitFor("agent.stopped");
    expect(outcome.status).toBe("completed");
    const spawned = probe.events.filter((event) => event.type === "agent.spawned");
    expectTypeOf(spawned).toEqualTypeOf<EventOf<"agent.spawned">[]>();
    expect(spawned.map(({ depth }) => depth)).toEqual([1]);
  });
});
