import { expect, it } from "vitest";
import { defineTool, Supervisor } from "../../src/index.ts";
import { call, scripted, simulate } from "../../src/testing/index.ts";

const input = { type: "object" } as const;
const round = defineTool({
  name: "round",
  description: "Rounds.",
  input,
  execute: () => ({ rounded: [Math.round(-0.2)] }),
});
const steps = [{ toolCalls: [{ name: "round", input: { n: -0 } }] }, { text: "Done." }];
const spec = { tools: ["round"], model: { provider: "scripted", steps } } as const;

it("a negative zero is 0 wherever it enters: there is none in JSON", async () => {
  const inputs: unknown[] = [];
  const told = defineTool({
    name: "round",
    description: "Rounds.",
    input,
    execute: (given) => {
      inputs.push(given);
      return -0;
    },
  });
  await using supervisor = await Supervisor.start({ threads: 0, tools: [told] });
  const events: unknown[] = [];
  supervisor.on("*", (event) => events.push(event));
  await supervisor.run(spec, { input: { q: [-0] } as never });
  expect(events).toContainEqual(expect.objectContaining({ type: "tool.finished", result: 0 }));
  expect(inputs).toEqual([{ n: 0 }]);
  expect(signedIn([events, inputs])).toEqual([]);
});

it("the simulator takes a negative zero for what it becomes", async () => {
  const agents = { a: { model: scripted([call("round", { n: -0 }), "Done."]), tools: ["round"] } };
  await simulate({
    seeds: 1,
    swarm: () => ({ tools: [round], agents }),
    drive: async (supervisor) => {
      await supervisor.run("a", { input: { q: -0 } as never });
    },
  });
});

/** Where a negative zero is. */
function signedIn(value: unknown, at = ""): readonly string[] {
  if (Object.is(value, -0)) return [at];
  if (typeof value !== "object" || value === null) return [];
  return Object.entries(value).flatMap(([key, field]) => signedIn(field, `${at}/${key}`));
}
