import {
  type Attributes,
  type Context,
  type Histogram,
  type Span,
  type SpanKind,
  SpanStatusCode,
  type Tracer,
  trace,
} from "./api.ts";

export interface OperationOptions {
  readonly tracer: Tracer;
  /** Histogram that records its duration in seconds. */
  readonly duration: Histogram;
  readonly name: string;
  readonly kind: SpanKind;
  readonly parent: Context;
  /** Attributes of the span alone. */
  readonly attributes: Attributes;
  /** Attributes with few distinct values, of the span and of the metric. */
  readonly measured: Attributes;
}

export interface OperationEnd {
  readonly attributes?: Attributes;
  /** Error type, with few distinct values; left out when nothing went wrong. */
  readonly error?: string;
  readonly message?: string;
}

/** An agent or a call under way: one span, and its duration as a metric. */
export class Operation {
  readonly span: Span;
  /** The parent's context, with this span active. */
  readonly context: Context;
  readonly measured: Attributes;
  readonly #duration: Histogram;
  readonly #startedAt = performance.now();

  constructor({ tracer, duration, parent, measured, ...options }: OperationOptions) {
    const { name, kind } = options;
    const attributes = { ...measured, ...options.attributes };
    this.span = tracer.startSpan(name, { kind, attributes }, parent);
    this.context = trace.setSpan(parent, this.span);
    this.measured = measured;
    this.#duration = duration;
  }

  end({ attributes = {}, error, message = "" }: OperationEnd): void {
    const seconds = (performance.now() - this.#startedAt) / 1000;
    const failed = error === undefined ? {} : { "error.type": error };
    this.#duration.record(seconds, { ...this.measured, ...failed }, this.context);
    this.span.setAttributes({ ...attributes, ...failed });
    if (error !== undefined) this.span.setStatus({ code: SpanStatusCode.ERROR, message });
    this.span.end();
  }
}
