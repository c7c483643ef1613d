import { expect, it } from "vitest";
import { defineTool, Supervisor } from "../../src/index.ts";
import { heapMb } from "./heap.ts";
import { call, script } from "./scripts.ts";

it("a spec of its own for each run does not outlive its agent, here and on its host", async () => {
  await using supervisor = await Supervisor.start({ threads: 0, keepMb: 4 });
  const before = heapMb();
  for (let n = 0; n < 600; n += 1) {
    const instructions = `${n}`.padEnd(100_000, ".");
    await supervisor.run({ model: script("done"), instructions }, { input: "go" });
  }
  // What was used last stays on the host: 256 of them.
  expect(heapMb() - before).toBeLessThan(45);
});

it("an agent whose spec its host has forgotten goes on, and so does the next", async () => {
  const { promise, resolve } = Promise.withResolvers<string>();
  const about = { description: "Waits.", input: { type: "object" } };
  const tools = [defineTool({ name: "wait", ...about, execute: () => promise })];
  await using supervisor = await Supervisor.start({ threads: 1, tools });
  const early = { model: script([call("wait")], "done"), tools: ["wait"] };
  const waiting = supervisor.run(early, { input: "go" });
  for (const input of ["first round", "second round"]) {
    const specs = Array.from({ length: 300 }, (_, n) => ({
      model: script("done"),
      instructions: `You are number ${n}.`,
    }));
    const outcomes = await Promise.all(specs.map((spec) => supervisor.run(spec, { input })));
    expect(outcomes.filter(({ status }) => status !== "completed")).toEqual([]);
  }
  resolve("waited");
  expect(await waiting).toMatchObject({ status: "completed", output: "done" });
});
