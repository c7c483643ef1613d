import { Supervisor } from "coppice";
import { expectAll, type Figure, sized, timed } from "./figure.ts";

const counter = new URL("machines/counter.ts", import.meta.url).href;

export const messages: Figure = {
  name: "message",
  what: "messages told to one machine agent on a thread, until it has answered how many came",
  unit: "messages/s",
  target: { least: 1_000_000 },
  async prepare(size) {
    const count = sized(100_000, size);
    const supervisor = await Supervisor.start({
      threads: 1,
      limits: { mailbox: count + 1 },
      agents: { counter: { machine: counter, lifetime: "session" } },
    });
    const ref = await supervisor.spawn("counter");
    let told = 0;
    return {
      async round() {
        const ms = await timed(async () => {
          for (let n = 0; n < count; n += 1) ref.tell({ type: "ping" });
          told += count;
          const counted = await ref.ask({ type: "count" }, { timeoutMs: 60_000 });
          expectAll("messages", Number(counted), told);
        });
        return count / (ms / 1_000);
      },
      [Symbol.asyncDispose]: () => supervisor.stop(),
    };
  },
};
