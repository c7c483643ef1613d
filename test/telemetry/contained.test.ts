import { context, metrics, trace } from "@opentelemetry/api";
import { afterEach, expect, it } from "vitest";
import { defineTool, Supervisor } from "../../src/index.ts";
import { unregisterSdk } from "./sdk.ts";

afterEach(unregisterSdk);

const boom = (): never => {
  throw new Error("of the sampler");
};
const spanContext = { traceId: `${"0".repeat(31)}1`, spanId: `${"0".repeat(15)}1`, traceFlags: 1 };
const methods = ["setAttribute", "setAttributes", "addEvent", "setStatus", "end"];

/** A span each of whose methods throws. */
const brokenSpan = {
  ...Object.fromEntries(methods.map((name) => [name, boom])),
  spanContext: () => spanContext,
  isRecording: () => true,
};

const register = (startSpan: (name: string) => unknown) =>
  trace.setGlobalTracerProvider({ getTracer: () => ({ startSpan }) } as never);
const startsWith = (prefix: string) => (name: string) =>
  name.startsWith(prefix) ? boom() : brokenSpan;
const record = boom;
const instrument = { record, add: boom, addCallback: boom };

/** What somebody has registered, and at what it throws. */
const broken: readonly [string, () => void][] = [
  ["at the span of an agent", () => register(startsWith("invoke_agent"))],
  ["at the span of a tool call", () => register(startsWith("execute_tool"))],
  ["at the span of a model call", () => register(startsWith("chat"))],
  ["at whatever is done with a span", () => register(() => brokenSpan)],
  ["when a tracer is asked for", () => trace.setGlobalTracerProvider({ getTracer: boom })],
  [
    "when it is to make a context active",
    () => {
      register(() => brokenSpan);
      const active = () => ({ getValue: () => undefined, setValue: () => active() }) as never;
      const manager = { active, with: boom, bind: boom, enable: boom, disable: () => undefined };
      context.setGlobalContextManager(manager as never);
    },
  ],
  [
    "at each measurement",
    () => {
      const create = () => instrument;
      const meter = { createHistogram: create, createCounter: create };
      const gauges = { createObservableGauge: create, addBatchObservableCallback: () => undefined };
      const all = { ...meter, ...gauges, removeBatchObservableCallback: boom };
      metrics.setGlobalMeterProvider({ getMeter: () => all } as never);
    },
  ],
];

it.each(broken)("an SDK that throws %s costs nobody a run or a call", async (_, breaks) => {
  breaks();
  let ran = 0;
  const tool = defineTool({
    name: "count",
    description: "Counts.",
    input: { type: "object" },
    execute: () => {
      ran += 1;
      return ran;
    },
  });
  const warnings: Error[] = [];
  const warned = (warning: Error) => void warnings.push(warning);
  process.on("warning", warned);
  const steps = [{ toolCalls: [{ name: "count", input: {} }] }, { text: "Done." }];
  const spec = { tools: ["count"], model: { provider: "scripted", steps } } as const;
  const supervisor = await Supervisor.start({
    threads: 0,
    tools: [tool],
    limits: { concurrency: 1 },
  });
  for (const _run of [1, 2]) {
    const outcome = await supervisor.run(spec, { input: "Go." });
    expect(outcome).toMatchObject({ status: "completed", output: "Done." });
  }
  await supervisor.stop();
  await new Promise(setImmediate);
  process.off("warning", warned);
  expect(ran).toBe(2);
  const told = warnings.filter(({ name }) => name === "CoppiceTelemetryWarning");
  expect(told.map(({ message }) => message)).toEqual([expect.stringContaining("of the sampler")]);
});
