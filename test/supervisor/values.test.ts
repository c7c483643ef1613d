import { createHash } from "node:crypto";
import { type AgentSpec, defineTool, type Json, Supervisor, type ValueRef } from "coppice";
import { TestProbe } from "coppice/testing";
import { describe, expect, it } from "vitest";
import { LARGE_VALUE_BYTES } from "../../src/journal/value-store.ts";
import { call, script, spawn } from "./scripts.ts";

const start = (options: Parameters<typeof Supervisor.start>[0]) =>
  Supervisor.start({ threads: 0, ...options });
const worker: AgentSpec = { model: script([call("give")], "done"), tools: ["give"] };

/** A tool that gives this. */
const give = (value: Json) =>
  defineTool({ name: "give", description: "Gives.", input: {}, execute: () => value });

/** What `tool.finished` says was given. */
async function toldOf(value: Json) {
  const supervisor = await start({ agents: { worker }, tools: [give(value)] });
  const probe = new TestProbe(supervisor);
  await supervisor.run("worker", { input: "go" });
  const { result } = await probe.waitFor("tool.finished");
  return { supervisor, result: result as Json };
}

describe("a large value", () => {
  it("of 16,384 bytes of JSON stands in its event; of one more, a reference does", async () => {
    const most = "x".repeat(LARGE_VALUE_BYTES - 2);
    expect((await toldOf(most)).result).toBe(most);
    const { supervisor, result } = await toldOf(`${most}y`);
    expect(result).toEqual({
      $value: createHash("sha256").update(`text:${most}y`).digest("hex"),
      bytes: LARGE_VALUE_BYTES - 1,
      head: "x".repeat(1_024),
    });
    expect(await supervisor.value(result as ValueRef)).toBe(`${most}y`);
  });

  it.each<[string, Json, number]>([
    ["a text of letters of two bytes", "é".repeat(10_000), 20_002],
    ["a text that JSON escapes", "\n".repeat(9_000), 18_002],
    ["many small ones", Array.from({ length: 9_000 }, () => 7), 18_001],
    ["a deep one", { a: { b: ["x".repeat(20_000)] } }, 20_016],
    ["one of no text at all", { list: Array.from({ length: 4_000 }, () => null) }, 20_010],
  ])("is %s, and is read as it was", async (_, value, bytes) => {
    const { supervisor, result } = await toldOf(value);
    expect(result).toMatchObject({ $value: expect.stringMatching(/^[0-9a-f]{64}$/), bytes });
    expect(await supervisor.value(result as ValueRef)).toEqual(value);
  });

  it("has a head that is well formed wherever it was cut", async () => {
    const { result } = await toldOf(`x${"🌳".repeat(10_000)}`);
    expect((result as ValueRef).head).toBe(`x${"🌳".repeat(511)}`);
  });

  it("is what agents, callers and people get, never the reference", async () => {
    const large = "L".repeat(50_000);
    const given: Json[] = [];
    const take = defineTool({
      name: "take",
      description: "Takes.",
      input: { type: "object", properties: { text: { type: "string" } } },
      execute: ({ text }) => void given.push(text ?? null),
    });
    const lead: AgentSpec = {
      model: script(
        [call("take", { text: large })],
        [spawn("speaker", { name: "one", background: true })],
        [{ name: "wait_agents", input: { names: ["one"] } }],
        large,
      ),
      tools: ["take"],
      agents: ["speaker"],
      grants: [{ allow: "tool:take", ask: true }, "*:*"].map((grant) =>
        typeof grant === "string" ? { allow: grant } : grant,
      ) as never,
    };
    const asked: Json[] = [];
    await using supervisor = await start({
      agents: { lead, speaker: { model: script(large) } },
      tools: [take],
      approve: ({ input }) => {
        asked.push(input ?? null, supervisor.approvals()[0]?.input ?? null);
        return { allow: true };
      },
    });
    const probe = new TestProbe(supervisor);
    const outcome = await supervisor.run("lead", { input: "go" });
    expect(outcome).toMatchObject({ status: "completed", output: large });
    expect(given).toEqual([large]);
    expect(asked).toEqual([{ text: large }, { text: large }]);
    expect(await supervisor.find("/lead")?.outcome).toEqual(outcome);
    expect(await supervisor.find("/lead/one")?.outcome).toMatchObject({ output: large });
    const { input } = await probe.waitFor("approval.requested");
    expect(await supervisor.value(input as ValueRef)).toEqual({ text: large });
    const stopped = probe.events.filter((event) => event.type === "agent.stopped");
    expect(stopped.map(({ outcome: told }) => told)).toEqual([
      expect.objectContaining({ output: expect.objectContaining({ bytes: 50_000 }) }),
      expect.objectContaining({ output: expect.objectContaining({ bytes: 50_000 }) }),
    ]);
    const facts = probe.events.filter(({ seq }) => seq !== undefined);
    expect(JSON.stringify(facts).length).toBeLessThan(30_000);
  });
});

describe("a value of somebody's that looks like a reference", () => {
  it.each<[string, Json, Json]>([
    ["one", { $value: "x" }, { $$value: "x" }],
    ["one below", { a: [{ $value: 1, b: 2 }] }, { a: [{ $$value: 1, b: 2 }] }],
    ["an escaped one", { $$value: "x" }, { $$$value: "x" }],
    ["none", { value: "x", $values: 1 }, { value: "x", $values: 1 }],
  ])("is escaped in events: %s", async (_, value, told) => {
    expect((await toldOf(value)).result).toEqual(told);
  });

  it("is never followed, and stays what it is for who is given it", async () => {
    const secret = "s".repeat(20_000);
    const { supervisor, result } = await toldOf(secret);
    const forged = { ...(result as ValueRef) };
    const probe = new TestProbe(supervisor);
    const { path } = await supervisor.spawn(
      { name: "liar", model: script("said"), lifetime: "session" },
      { input: "go" },
    );
    await supervisor.cancel(path);
    expect(supervisor.find(path)?.tell(forged)).toBe(false);
    const { message } = await probe.waitFor("letter.dead");
    expect(message).toMatchObject({ $$value: forged.$value });
    await supervisor.stop();
  });
});

describe("a reference", () => {
  it("to nothing that was ever kept is read as undefined", async () => {
    await using supervisor = await start({});
    expect(await supervisor.value({ $value: "0".repeat(64) })).toBeUndefined();
  });

  it.each([[undefined], ["x"], [{}], [{ $value: 1 }]])("is not %o", async (ref) => {
    await using supervisor = await start({});
    await expect(supervisor.value(ref as never)).rejects.toMatchObject({ code: "OPTIONS_INVALID" });
  });
});
