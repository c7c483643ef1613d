import { type Attributes, context, metrics, trace } from "@opentelemetry/api";
import { AsyncLocalStorageContextManager } from "@opentelemetry/context-async-hooks";
import {
  AggregationTemporality,
  InMemoryMetricExporter,
  MeterProvider,
  PeriodicExportingMetricReader,
} from "@opentelemetry/sdk-metrics";
import {
  BasicTracerProvider,
  InMemorySpanExporter,
  type ReadableSpan,
  SimpleSpanProcessor,
} from "@opentelemetry/sdk-trace-base";

/** OpenTelemetry's SDK, registered as a program would, keeping in memory what it is told. */
export interface Sdk {
  spans(): readonly ReadableSpan[];
  /** What a metric holds now, by its attributes. */
  read(
    name: string,
  ): Promise<readonly { readonly attributes: Attributes; readonly value: unknown }[]>;
  forget(): void;
}

export function registerSdk(which: { readonly traces?: boolean } = {}): Sdk {
  const spans = new InMemorySpanExporter();
  const processor = new SimpleSpanProcessor(spans);
  if (which.traces !== false) {
    context.setGlobalContextManager(new AsyncLocalStorageContextManager().enable());
    trace.setGlobalTracerProvider(new BasicTracerProvider({ spanProcessors: [processor] }));
  }
  const reader = new PeriodicExportingMetricReader({
    exporter: new InMemoryMetricExporter(AggregationTemporality.CUMULATIVE),
    exportIntervalMillis: 3_600_000,
  });
  metrics.setGlobalMeterProvider(new MeterProvider({ readers: [reader] }));
  return {
    spans: () => spans.getFinishedSpans(),
    async read(name) {
      const { resourceMetrics } = await reader.collect();
      return resourceMetrics.scopeMetrics
        .flatMap((scope) => scope.metrics)
        .filter(({ descriptor }) => descriptor.name === name)
        .flatMap(({ dataPoints }) =>
          dataPoints.map(({ attributes, value }) => ({ attributes, value })),
        );
    },
    forget: () => spans.reset(),
  };
}

export function unregisterSdk(): void {
  trace.disable();
  context.disable();
  metrics.disable();
}

/** Spans as a tree of names, in the order in which they began. */
export function treeOf(spans: readonly ReadableSpan[], below?: string): readonly unknown[] {
  return spans
    .filter(({ parentSpanContext }) => parentSpanContext?.spanId === below)
    .toSorted((a, b) => a.startTime[0] - b.startTime[0] || a.startTime[1] - b.startTime[1])
    .map((span) => {
      const children = treeOf(spans, span.spanContext().spanId);
      return children.length === 0 ? span.name : [span.name, ...children];
    });
}
