import { once } from "node:events";
import { MessageChannel, Worker } from "node:worker_threads";

/** A bare thread that answers each message at the end of its tick, as a host does. */
export interface EchoThread extends AsyncDisposable {
  /** Sends one message and waits for its answer. */
  trip(n: number): Promise<void>;
}

export function startEcho(): EchoThread {
  const { port1: near, port2: far } = new MessageChannel();
  const entry = new URL("threads/port-echo.ts", import.meta.url);
  const thread = new Worker(entry, { workerData: far, transferList: [far] });
  return {
    async trip(n) {
      const back = once(near, "message");
      near.postMessage({ n });
      await back;
    },
    async [Symbol.asyncDispose]() {
      await thread.terminate();
    },
  };
}
