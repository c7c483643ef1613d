/// <reference types="node" preserve="true" />
import type { MessagePort } from "node:worker_threads";
import type { Json } from "./json.ts";
import { isPrinted, type Printed } from "./printed.ts";

/** A module whose default export is a tool, and the memory that each of its threads should need. */
export interface ComputeModule {
  /** Its `file:` URL. */
  readonly url: string;
  readonly memoryMb: number;
}

/** A call of a compute tool, as its pool of threads gets it. */
export interface ComputeCall {
  readonly module: ComputeModule;
  readonly input: unknown;
  readonly context: ComputeContext;
  /** Its abort ends the thread, or removes the call from the queue. */
  readonly signal: AbortSignal;
  /** Called when the call begins on a thread. */
  readonly onBegin: () => void;
  readonly onProgress: (fraction: number, message?: string) => void;
}

/** The start data of a compute tool's thread, which runs this one module and no other. */
export interface ComputeTask {
  /** The port that carries {@link ToCompute} in and {@link FromCompute} out. */
  readonly port: MessagePort;
  readonly url: string;
}

/** The context of a call that is sent to its thread. */
export interface ComputeContext {
  readonly callId: string;
  readonly path: string;
  readonly labels: Readonly<Record<string, string>>;
  readonly attempt: number;
}

/** A call; the next one is sent when this one has ended. */
export interface ToCompute {
  readonly input: unknown;
  readonly context: ComputeContext;
}

export type FromCompute =
  /** The thread runs, and imports its module next. */
  | { readonly type: "begun" }
  | { readonly type: "ready" }
  /** The module cannot be used, and so neither can the thread. */
  | { readonly type: "unfit"; readonly reason: string }
  | { readonly type: "printed"; readonly print: Printed }
  | { readonly type: "progress"; readonly fraction: number; readonly message?: string }
  | { readonly type: "finished"; readonly value: Json }
  | { readonly type: "threw"; readonly reason: string };

/**
 * True for a message of the form of {@link FromCompute}: a tool's code can post on its thread's
 * port too. The value of a result is checked by its receiver.
 */
export function isFromCompute(message: unknown): message is FromCompute {
  if (typeof message !== "object" || message === null) return false;
  const { type, reason, fraction, message: text, print } = message as Record<string, unknown>;
  switch (type) {
    case "printed":
      return isPrinted(print);
    case "begun":
    case "ready":
    case "finished":
      return true;
    case "unfit":
    case "threw":
      return typeof reason === "string";
    case "progress":
      return typeof fraction === "number" && (text === undefined || typeof text === "string");
    default:
      return false;
  }
}
