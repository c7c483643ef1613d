import { once } from "node:events";
import { MessageChannel, Worker } from "node:worker_threads";
import { type Figure, type Prepared, sized, timed } from "./figure.ts";

/** What every turn of a lonely agent pays to the platform: to read the other figures by. */
export const port: Figure = {
  name: "port",
  what: "round trip of one small message to a bare thread and back, one at a time, for scale",
  unit: "us",
  prepare: (size) => preparePort(sized(10_000, size)),
};

/** So many trips in each round. */
export async function preparePort(trips: number): Promise<Prepared> {
  const { port1: near, port2: far } = new MessageChannel();
  const entry = new URL("threads/port-echo.ts", import.meta.url);
  const thread = new Worker(entry, { workerData: far, transferList: [far] });
  return {
    async round() {
      const ms = await timed(async () => {
        for (let n = 0; n < trips; n += 1) {
          const back = once(near, "message");
          near.postMessage({ n });
          await back;
        }
      });
      return (ms * 1_000) / trips;
    },
    async [Symbol.asyncDispose]() {
      await thread.terminate();
    },
  };
}
