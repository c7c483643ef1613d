import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import { expect, it } from "vitest";
import { defineTool, Supervisor } from "../../src/index.ts";
import { call, script } from "./scripts.ts";

setFlagsFromString("--expose-gc");
const collect = runInNewContext("gc") as () => void;
const heapMb = (): number => {
  collect();
  return process.memoryUsage().heapUsed / 1e6;
};
const page = (): string => Buffer.alloc(1_000_000, 97).toString("latin1");

it.each([
  ["a result", () => ({ title: page().slice(5, 500) })],
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
