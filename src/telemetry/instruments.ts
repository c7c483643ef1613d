import type { Attributes, BatchObservableResult, Counter, Histogram, Meter } from "./api.ts";
import type { Counts } from "./recording.ts";

export interface Instruments {
  readonly chat: Histogram;
  readonly tool: Histogram;
  readonly agent: Histogram;
  readonly tokens: Histogram;
  readonly cost: Counter;
}

/** Returns boundaries that double, or quadruple, from the first, as the conventions ask. */
const boundaries = (first: number, count: number, factor = 2): number[] =>
  Array.from({ length: count }, (_, n) => first * factor ** n);

/** Creates the metrics of single operations. */
export function createInstruments(meter: Meter): Instruments {
  const histogram = (name: string, unit: string, description: string, bounds: number[]) =>
    meter.createHistogram(name, {
      unit,
      description,
      advice: { explicitBucketBoundaries: bounds },
    });
  return {
    chat: histogram("gen_ai.client.operation.duration", "s", "A model call", boundaries(0.01, 14)),
    tool: histogram("gen_ai.execute_tool.duration", "s", "A tool call", boundaries(0.01, 14)),
    agent: histogram("gen_ai.invoke_agent.duration", "s", "An agent", boundaries(0.1, 13)),
    tokens: histogram(
      "gen_ai.client.token.usage",
      "{token}",
      "Tokens of a model call",
      boundaries(1, 14, 4),
    ),
    cost: meter.createCounter("coppice.cost", { unit: "{USD}", description: "Of model calls" }),
  };
}

type Row = readonly [value: number, attributes?: Attributes];

interface Gauge {
  readonly name: string;
  readonly unit: string;
  readonly description: string;
  readonly rows: (stats: Counts) => readonly Row[];
}

const gauges: readonly Gauge[] = [
  {
    name: "coppice.agents",
    unit: "{agent}",
    description: "Agents by status",
    rows: ({ agents }) =>
      Object.entries(agents).map(([status, count]) => [count, { "coppice.status": status }]),
  },
  {
    name: "coppice.agents.at_work",
    unit: "{agent}",
    description: "Agents that hold a slot",
    rows: ({ atWork }) => [[atWork]],
  },
  {
    name: "coppice.host.agents",
    unit: "{agent}",
    description: "Agents by the host where they live",
    rows: ({ hosts }) =>
      hosts.map(({ id, kind, state, agents }) => [
        agents,
        { "coppice.host": id, "coppice.host.kind": kind, "coppice.host.state": state },
      ]),
  },
  {
    name: "coppice.queue.length",
    unit: "{item}",
    description: "What waits for a slot, a budget or its rate",
    rows: ({ queues }) =>
      Object.entries(queues).map(([queue, length]) => [length, { "coppice.queue": queue }]),
  },
  {
    name: "coppice.mailbox.messages",
    unit: "{message}",
    description: "User messages that wait",
    rows: ({ mailboxes }) => [[mailboxes]],
  },
  {
    name: "coppice.calls",
    unit: "{call}",
    description: "Calls under way",
    rows: ({ calls }) => [[calls]],
  },
  {
    name: "coppice.dead_letters",
    unit: "{message}",
    description: "Messages that nobody could take, so far",
    rows: ({ deadLetters }) => [[deadLetters]],
  },
  {
    name: "coppice.mcp.servers",
    unit: "{server}",
    description: "MCP servers by state",
    rows: ({ servers }) =>
      (["connecting", "connected", "away", "closed"] as const).map((state) => [
        servers.filter((server) => server.state === state).length,
        { "coppice.state": state },
      ]),
  },
];

/** Reports `stats()` whenever metrics are collected; returns a function that ends that. */
export function observeStats(meter: Meter, stats: () => Counts): () => void {
  const observed = gauges.map(({ name, unit, description, rows }) => ({
    rows,
    gauge: meter.createObservableGauge(name, { unit, description }),
  }));
  const observe = (result: BatchObservableResult): void => {
    const now = stats();
    for (const { gauge, rows } of observed) {
      for (const [value, attributes] of rows(now)) result.observe(gauge, value, attributes);
    }
  };
  const all = observed.map(({ gauge }) => gauge);
  meter.addBatchObservableCallback(observe, all);
  return () => meter.removeBatchObservableCallback(observe, all);
}
