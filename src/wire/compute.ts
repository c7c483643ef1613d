/// <reference types="node" preserve="true" />
import type { MessagePort } from "node:worker_threads";
import type { Json } from "./json.ts";
import { isPrinted, type Printed } from "./printed.ts";

/** A module whose default export is a tool, and how much memory each of its threads should need. */
export interface ComputeModule {
  /** A `file:` URL. */
  readonly url: string;
  readonly memoryMb: number;
}

/** One call of a compute tool, as it is given to the threads that run them. */
export interface ComputeCall {
  readonly module: ComputeModule;
  readonly input: unknown;
  readonly context: ComputeContext;
  /** Its abort ends the thread, or takes the call out of the queue. */
  readonly signal: AbortSignal;
  /** It begins on a thread. */
  readonly onBegin: () => void;
  readonly onProgress: (fraction: number, message?: string) => void;
}

/** What the thread of a compute tool is started with. It runs this one module and no other. */
export interface ComputeTask {
  /** Carries {@link ToCompute} in and {@link FromCompute} out. */
  readonly port: MessagePort;
  readonly url: string;
}

/** What can be told to a thread of the call that it serves. */
export interface ComputeContext {
  readonly callId: string;
  readonly path: string;
  readonly labels: Readonly<Record<string, string>>;
  readonly attempt: number;
}

/** A call; the next is sent when this one has ended. */
export interface ToCompute {
  readonly input: unknown;
  readonly context: ComputeContext;
}

export type FromCompute =
  /** The thread runs, and goes on to import its module. */
  | { readonly type: "begun" }
  | { readonly type: "ready" }
  /** The module is of no use, and so is the thread. */
  | { readonly type: "unfit"; readonly reason: string }
  | { readonly type: "printed"; readonly print: Printed }
  | { readonly type: "progress"; readonly fraction: number; readonly message?: string }
  | { readonly type: "finished"; readonly value: Json }
  | { readonly type: "threw"; readonly reason: string };

/**
 * True for a message that has the form of {@link FromCompute}: a tool's code can speak on its
 * thread's port in our stead. The value of a result is looked at by whoever wants it.
 */
export function isFromCompute(message: unknown): message is FromCompute {
  if (typeof message !== "object" || message === null) return false;
  const { type, reason, fraction, message: told, print } = message as Record<string, unknown>;
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
      return typeof fraction === "number" && (told === undefined || typeof told === "string");
    default:
      return false;
  }
}
