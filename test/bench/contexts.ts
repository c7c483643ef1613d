import { type AgentRef, Supervisor } from "coppice";
import { type Figure, type Prepared, type Size, sized, timed } from "./figure.ts";

const laden = new URL("machines/laden.ts", import.meta.url).href;
/** Bytes of JSON of one item of the machine's context, about. */
const ITEM_BYTES = 105;

/** The costs of a message to a machine with a large context, of which it changes little. */
export const contexts: readonly Figure[] = [
  {
    name: "context-unchanged",
    what: "an ask to a machine with 500 KB of context that it does not change, to an empty one's",
    unit: "x",
    target: { most: 2 },
    prepare: (size) => compared(size, "look"),
  },
  ...[5, 54, 558].map((kb): Figure => {
    return {
      name: `context-changed-${kb}`,
      what: `an ask to a machine with ${kb} KB of context, of which it changes one item of a list`,
      unit: "us",
      prepare: (size) => changing(size, kb),
    };
  }),
];

async function compared(size: Size, type: string): Promise<Prepared> {
  const count = sized(500, size);
  const { supervisor, spawn } = await open();
  const [full, empty] = [await spawn(500), await spawn(0)];
  return {
    async round() {
      // In turn, so that what else the computer does falls on both.
      let [withContext, without] = [0, 0];
      for (let n = 0; n < 10; n += 1) {
        withContext += await timed(() => send(full, type, count / 10));
        without += await timed(() => send(empty, type, count / 10));
      }
      return withContext / without;
    },
    [Symbol.asyncDispose]: () => supervisor.stop(),
  };
}

async function changing(size: Size, kb: number): Promise<Prepared> {
  const count = sized(200, size);
  const { supervisor, spawn } = await open();
  const ref = await spawn(kb);
  return {
    async round() {
      const ms = await timed(() => send(ref, "touch", count));
      return (ms * 1_000) / count;
    },
    [Symbol.asyncDispose]: () => supervisor.stop(),
  };
}

async function open() {
  const supervisor = await Supervisor.start({
    threads: 1,
    agents: { laden: { machine: laden, lifetime: "session" } },
  });
  const spawn = async (kb: number): Promise<AgentRef> => {
    const items = Math.round((kb * 1_000) / ITEM_BYTES);
    const ref = await supervisor.spawn("laden", { input: { items } });
    await ref.ask({ type: "answer" }, { timeoutMs: 60_000 });
    return ref;
  };
  return { supervisor, spawn };
}

/** Tells a message and asks, one after the other, so that each is a step and a frame of its own. */
async function send(ref: AgentRef, type: string, count: number): Promise<void> {
  for (let n = 0; n < count; n += 1) {
    ref.tell({ type });
    await ref.ask({ type: "answer" }, { timeoutMs: 60_000 });
  }
}
