import { expect, it } from "vitest";
import { Supervisor } from "../../../src/index.ts";

const machine = (name: string) => new URL(`../../fixtures/sends/${name}.ts`, import.meta.url).href;
const ask = { timeoutMs: 20_000 };

it.each(["thread", "process"] as const)("isolated in a %s, machines send alike", async (level) => {
  const isolation = { isolation: level };
  await using supervisor = await Supervisor.start({
    agents: {
      sender: { machine: machine("sender"), input: { to: "/b" }, ...isolation },
      counts: { machine: machine("counts"), ...isolation },
    },
    limits: { mailbox: 300 },
  });
  const b = await supervisor.spawn("counts", { name: "b" });
  const a = await supervisor.spawn("sender", { name: "a" });
  a.tell({ type: "work", to: "/b", upTo: 200 });
  const report = () => b.ask({ type: "report" }, ask);
  await expect.poll(report, { timeout: 20_000 }).toEqual({ count: 200, inOrder: true });
  a.tell({ type: "work", to: "/nobody", upTo: 1, last: "end" });
  // The refusal comes behind the end, and the log has it.
  expect(await a.outcome).toMatchObject({ status: "completed", output: [] });
  expect(supervisor.stats().deadLetters).toBe(1);
});
