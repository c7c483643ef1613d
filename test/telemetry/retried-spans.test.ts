import { afterAll, expect, it } from "vitest";
import { Supervisor } from "../../src/index.ts";
import { registerSdk, unregisterSdk } from "./sdk.ts";

const sdk = registerSdk();
afterAll(unregisterSdk);

const provider = new URL("../fixtures/supervisor/breaks-model.ts", import.meta.url).href;

it("each attempt that may have been billed has a span of its own, with what it cost", async () => {
  const prices = { [provider]: { input: 1, output: 1 } };
  await using supervisor = await Supervisor.start({ threads: 0, prices });
  const model = { provider, breaks: 2 };
  const { status, usage } = await supervisor.run({ name: "one", model }, { input: "Go." });
  expect([status, usage.modelCalls]).toEqual(["completed", 1]);
  const spans = sdk.spans();
  const chats = spans.filter(({ name }) => name.startsWith("chat "));
  expect(chats.map(({ attributes }) => attributes["error.type"])).toEqual([
    "MODEL_FAILED",
    "MODEL_FAILED",
    undefined,
  ]);
  const costs = chats.map(({ attributes }) => Math.round(Number(attributes["coppice.cost"]) * 1e9));
  expect(costs.reduce((sum, cost) => sum + cost, 0)).toBe(Math.round(usage.usd * 1e9));
  expect(Math.min(...costs)).toBeGreaterThan(0);
  const agent = spans.find(({ name }) => name === "invoke_agent one");
  expect(agent?.events.map(({ name, attributes }) => [name, attributes])).toEqual([
    ["model.retried", { attempt: 1, code: "MODEL_FAILED" }],
    ["model.retried", { attempt: 2, code: "MODEL_FAILED" }],
  ]);
});
