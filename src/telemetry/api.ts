/** The only import of OpenTelemetry's API, with the parts that are used here. */
export {
  type Attributes,
  type BatchObservableResult,
  type Context,
  type Counter,
  context,
  createNoopMeter,
  type Histogram,
  type Meter,
  metrics,
  type Observable,
  ProxyTracerProvider,
  type Span,
  SpanKind,
  SpanStatusCode,
  type Tracer,
  trace,
} from "@opentelemetry/api";
