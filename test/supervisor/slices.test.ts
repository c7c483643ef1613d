import { expect, it } from "vitest";
import { defineTool, Supervisor } from "../../src/index.ts";
import { heapMb } from "./heap.ts";
import { call, script } from "./scripts.ts";

const page = (): string => Buffer.alloc(1_000_000, 97).toString("latin1");

it.each([
  ["a result", () => ({ title: page().slice(5, 500) })],
  ["a result that is a text", (): unknown => page().slice(5, 500)],
  [
    "an error",
    () => {
      throw new Error(page().slice(5, 500));
    },
  ],
])("what is kept of %s does not hold on to the page that it was cut from", async (_, execute) => {
  const about = { description: "Reads a page.", input: { type: "object" } };
  const tool = defineTool({ name: "cut", ...about, execute });
  const agents = { reader: { model: script([call("cut")], "done"), tools: ["cut"] } };
  await using supervisor = await Supervisor.start({ threads: 0, tools: [tool], agents });
  const before = heapMb();
  for (let n = 0; n < 60; n += 1) await supervisor.run("reader", { input: "go" });
  expect(heapMb() - before).toBeLessThan(30);
});

it.each<[string, (supervisor: Supervisor, text: string) => Promise<unknown>]>([
  ["an input", (supervisor, input) => supervisor.run("reader", { input })],
  ["a label", (supervisor, by) => supervisor.run("reader", { input: "go", labels: { by } })],
  ["a name", (supervisor, name) => supervisor.run("reader", { input: "go", name })],
  [
    "the name of a spec",
    (supervisor, name) => supervisor.run({ name, model: script("done") }, { input: "go" }),
  ],
  [
    "a reason",
    async (supervisor, reason) => {
      const { path } = await supervisor.spawn("idler", { input: "go" });
      await supervisor.cancel(path, reason);
    },
  ],
])("what is kept of %s does not hold on to the page that it was cut from", async (_, use) => {
  const idler = { model: { provider: "scripted", steps: [{ delayMs: 60_000 }] } } as const;
  const agents = { reader: { model: script("done") }, idler };
  await using supervisor = await Supervisor.start({ threads: 0, agents });
  const before = heapMb();
  for (let n = 0; n < 60; n += 1) await use(supervisor, (page() + n).slice(1_000_000 - 40));
  expect(heapMb() - before).toBeLessThan(30);
});
