import { Supervisor } from "coppice";
import { createActor } from "xstate";
import {
  expectAll,
  type Figure,
  nothingKept,
  type Prepared,
  type Size,
  sized,
  timed,
} from "./figure.ts";
import counter from "./machines/counter.ts";
import { pairs } from "./pairs.ts";

const machine = new URL("machines/counter.ts", import.meta.url).href;

export const messages: readonly Figure[] = [
  {
    name: "message",
    what: "messages told to one machine agent on a thread, until it has answered how many came",
    unit: "messages/s",
    prepare: prepareTold,
  },
  {
    name: "message-to-xstate",
    what: "messages per second to one machine, told from outside: to bare XState's `send`",
    unit: "x",
    target: { least: 0.5 },
    prepare: async (size) => pairs(await prepareTold(size), prepareSent(size)),
  },
];

async function prepareTold(size: Size): Promise<Prepared> {
  const count = sized(100_000, size);
  const supervisor = await Supervisor.start({
    threads: 1,
    limits: { mailbox: count + 1 },
    agents: { counter: { machine, lifetime: "session" } },
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
}

/** The same machine as an actor of XState alone. */
function prepareSent(size: Size): Prepared {
  const count = sized(100_000, size);
  const actor = createActor(counter).start();
  let sent = 0;
  return {
    async round() {
      const ms = await timed(async () => {
        for (let n = 0; n < count; n += 1) actor.send({ type: "ping" });
      });
      sent += count;
      expectAll("messages", actor.getSnapshot().context.count, sent);
      return count / (ms / 1_000);
    },
    [Symbol.asyncDispose]: nothingKept,
  };
}
