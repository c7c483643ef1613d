import { type AgentRef, type JsonLike, type SpawnOptions, Supervisor } from "coppice";
import {
  type CallLogic,
  callTool,
  reply,
  type SpawnInput,
  send,
  type ToolInput,
} from "coppice/actor";
import { call, scripted } from "coppice/testing";
import { describe, expect, expectTypeOf, it } from "vitest";

interface Order {
  id: number;
  lines: { article: string; note?: string }[];
}
const order: Order = { id: 7, lines: [{ article: "tea" }] };
const take = (value: JsonLike) => value;

describe("a value where JSON is meant", () => {
  it("may have an interface or a class for its type", async () => {
    class Point {
      readonly x = 1;
      readonly y = 2;
    }
    take(order);
    take([order, null, 1, "text", true]);
    take({ order, at: undefined });
    take(new Point());
    expectTypeOf<SpawnOptions["input"]>().toEqualTypeOf<JsonLike | undefined>();
    expectTypeOf<Parameters<AgentRef["tell"]>[0]>().toEqualTypeOf<JsonLike>();
    expectTypeOf<Parameters<AgentRef["ask"]>[0]>().toEqualTypeOf<JsonLike>();
    expectTypeOf<ToolInput["input"]>().toEqualTypeOf<JsonLike>();
    expectTypeOf<SpawnInput["input"]>().toEqualTypeOf<JsonLike>();
    expectTypeOf(callTool).toExtend<CallLogic<ToolInput>>();
    expectTypeOf(reply).toBeCallableWith(order);
    expectTypeOf(send).toBeCallableWith({ to: "/b", message: order });
    expectTypeOf(send).toBeCallableWith(() => ({ to: "/b", message: order }));
    expectTypeOf(call("order", order)).toHaveProperty("input");

    const agents = { reader: { model: scripted("Read.") } };
    await using supervisor = await Supervisor.start({ threads: 0, agents });
    const input = { type: "text", text: "Order 7." } satisfies object as TextBlock;
    expect(await supervisor.run("reader", { input: [input] })).toMatchObject({ output: "Read." });
  });

  it("is no function, no collection, no class, and no value that JSON has not", async () => {
    // @ts-expect-error: a function
    take(() => 1);
    // @ts-expect-error: a function within
    take({ make: () => 1 });
    // @ts-expect-error: a map
    take(new Map());
    // @ts-expect-error: a set within
    take({ all: new Set([1]) });
    // @ts-expect-error: bytes
    take(new Uint8Array(2));
    // @ts-expect-error: a promise, for want of an `await`
    take(Promise.resolve("text"));
    // @ts-expect-error: one within
    take({ text: Promise.resolve("text") });
    // @ts-expect-error: a buffer
    take(new ArrayBuffer(2));
    // @ts-expect-error: a class
    take(class {});
    // @ts-expect-error: nothing
    take(undefined);
    // @ts-expect-error: a large whole number
    take(1n);
    // @ts-expect-error: a symbol
    take(Symbol("s"));
    // @ts-expect-error: not known
    take({} as unknown);
    await using supervisor = await Supervisor.start({ threads: 0 });
    // What the compiler cannot see is refused when it is given.
    interface Odd {
      make(): number;
    }
    const input: Odd = { make: () => 1 };
    const refused = supervisor.run({ model: scripted("Read.") }, { input });
    await expect(refused).rejects.toMatchObject({ code: "OPTIONS_INVALID" });
  });
});

interface TextBlock {
  type: "text";
  text: string;
}
