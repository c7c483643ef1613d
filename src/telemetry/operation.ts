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
  /** Its duration in seconds is recorded here. */
  readonly duration: Histogram;
  readonly name: string;
  readonly kind: SpanKind;
  readonly parent: Context;
  /** Of the span alone. */
  readonly attributes: Attributes;
  /** Of few values: of the span and of the metric. */
  readonly measured: Attributes;
}

export interface OperationEnd {
  readonly attributes?: Attributes;
  /** Of few values; left out when nothing went wrong. */
  readonly error?: string;
  readonly message?: string;
}

/** Something under way, an agent or a call: one span, and its duration as a metric. */
export class Operation {
  readonly span: Span;
  /** What its parent's was, with this span active. */
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
