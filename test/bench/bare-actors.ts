import { assign, createActor, setup } from "xstate";
import { expectAll } from "./figure.ts";

interface Player {
  readonly left: number;
  readonly send: (event: Event) => void;
}

type Event = { readonly type: "serve"; readonly left: number } | { readonly type: "ping" | "pong" };

const player = setup({
  types: { input: {} as Player, context: {} as Player, events: {} as Event },
  actions: {
    take: assign({ left: ({ event }) => (event.type === "serve" ? event.left : 0) }),
    count: assign({ left: ({ context }) => context.left - 1 }),
    ping: ({ context }) => context.send({ type: "ping" }),
    pong: ({ context }) => context.send({ type: "pong" }),
  },
  guards: { isOver: ({ context }) => context.left <= 1 },
}).createMachine({
  context: ({ input }) => input,
  on: {
    serve: { actions: ["take", "ping"] },
    ping: { actions: "pong" },
    pong: [{ guard: "isOver", actions: "count" }, { actions: ["count", "ping"] }],
  },
});

const counter = setup({
  types: { context: {} as { count: number } },
  actions: { count: assign({ count: ({ context }) => context.count + 1 }) },
}).createMachine({ context: { count: 0 }, on: { ping: { actions: "count" } } });

/** Plays ping-pong with pairs of bare actors on this thread, without a supervisor. */
export function barePairs(pairs: number, balls: number): void {
  for (let n = 0; n < pairs; n += 1) {
    // One event at a time, since XState's actors would nest as deep as there are balls.
    const queue: (() => void)[] = [];
    const [a, b] = [0, 1].map((at) =>
      createActor(player, {
        input: { left: 0, send: (event: Event) => queue.push(() => other(at).send(event)) },
      }).start(),
    );
    const other = (at: number) => (at === 0 ? b : a) as NonNullable<typeof a>;
    other(1).send({ type: "serve", left: balls });
    for (let next = queue.pop(); next !== undefined; next = queue.pop()) next();
    expectAll("balls", other(1).getSnapshot().context.left, 0);
  }
}

/** Has a bare actor on this thread count events. */
export function bareCounting(count: number): void {
  const actor = createActor(counter).start();
  for (let n = 0; n < count; n += 1) actor.send({ type: "ping" });
  expectAll("messages", actor.getSnapshot().context.count, count);
}
