import { describe, expect, it } from "vitest";
import { createActor, fromPromise } from "xstate";
import { getShortestPaths } from "xstate/graph";
import { mcpConnection } from "../../machines/mcp-connection.ts";
import { ManualClock } from "../../src/testing/manual-clock.ts";

describe("mcpConnection", () => {
  it("connects, and tells it", async () => {
    const { attempts, told, actor } = started();
    await attempts.next().succeed();
    expect(actor.getSnapshot().value).toBe("ready");
    expect(told).toEqual(["connected"]);
  });

  it("waits 1, 2, 4, 8, 16, 30 and 30 s between attempts, and tells the outage once", async () => {
    const { attempts, clock, told } = started();
    for (const seconds of [1, 2, 4, 8, 16, 30, 30]) {
      await attempts.next().fail("refused");
      clock.advance(seconds * 1_000 - 1);
      expect(attempts.pending).toBe(0);
      clock.advance(1);
      expect(attempts.pending).toBe(1);
    }
    expect(told).toEqual(["lost: refused"]);
  });

  it("tells a silence once, and connects all the same", async () => {
    const { attempts, clock, told, actor } = started();
    clock.advance(9_999);
    expect(told).toEqual([]);
    clock.advance(1);
    expect(told).toEqual(["lost: it has not answered in 10000 ms"]);
    expect(actor.getSnapshot().value).toBe("connecting");
    await attempts.next().succeed();
    expect(told).toEqual(["lost: it has not answered in 10000 ms", "connected"]);
  });

  it("backs off further when a server dies soon after it was ready", async () => {
    const { attempts, clock, actor } = started();
    for (const seconds of [1, 2, 4]) {
      await attempts.next().succeed();
      actor.send({ type: "connection.lost", error: "died" });
      clock.advance(seconds * 1_000 - 1);
      expect(attempts.pending).toBe(0);
      clock.advance(1);
    }
  });

  it("begins again with 1 s after a server was ready for 30 s, and tells each loss", async () => {
    const { attempts, clock, actor, told } = started();
    for (const _ of [1, 2, 3]) {
      await attempts.next().succeed();
      clock.advance(30_000);
      actor.send({ type: "connection.lost", error: "died" });
      clock.advance(1_000);
      expect(attempts.pending).toBe(1);
    }
    const outage = ["connected", "lost: died"];
    expect(told).toEqual([...outage, ...outage, ...outage]);
  });

  it("does not miss a loss that comes before the news of the connection", () => {
    const { actor, told } = started();
    actor.send({ type: "connection.lost", error: "died" });
    expect(actor.getSnapshot().value).toEqual({ backingOff: "waiting" });
    expect(told).toEqual(["lost: died"]);
  });

  it("discards what is left before it waits", () => {
    const { actor, discarded } = started();
    actor.send({ type: "connection.lost", error: "died" });
    expect(discarded()).toBe(1);
  });

  it("ends its attempt and tries no more once it is closed", async () => {
    const { actor, attempts, clock, told } = started();
    const attempt = attempts.next();
    actor.send({ type: "connection.close" });
    expect(attempt.signal.aborted).toBe(true);
    await attempt.fail("aborted");
    clock.advance(120_000);
    expect(attempts.pending).toBe(0);
    expect(actor.getSnapshot().status).toBe("done");
    expect(told).toEqual([]);
  });

  it("has no state that cannot be reached, and describes each", () => {
    const paths = getShortestPaths(mcpConnection, {
      input: { patienceMs: 1 },
      events: [
        { type: "connection.lost", error: "died" },
        { type: "connection.close" },
        { type: "xstate.done.actor.connect", output: undefined } as never,
        { type: "xstate.error.actor.connect", error: new Error("refused") } as never,
      ],
      serializeState: ({ value }) => JSON.stringify(value),
    });
    const reached = new Set(paths.map(({ state }) => JSON.stringify(state.value)));
    expect(reached).toEqual(
      new Set(['"connecting"', '"ready"', '{"backingOff":"waiting"}', '"closed"']),
    );
    const states = Object.values(mcpConnection.root.states);
    expect(states.filter(({ description }) => description === undefined)).toEqual([]);
  });
});

/** A connection whose attempts the test decides. */
function started() {
  const clock = new ManualClock();
  const told: string[] = [];
  const attempts = new Attempts();
  let discards = 0;
  const machine = mcpConnection.provide({
    actors: { connect: fromPromise<void>(({ signal }) => attempts.begin(signal)) },
    actions: {
      announceConnected: () => told.push("connected"),
      announceLost: (_, { error }) => told.push(`lost: ${error}`),
      discard: () => {
        discards += 1;
      },
    },
  });
  const actor = createActor(machine, { clock, input: { patienceMs: 10_000 } }).start();
  return { clock, told, attempts, actor, discarded: () => discards };
}

class Attempts {
  readonly #open: { readonly end: PromiseWithResolvers<void>; readonly signal: AbortSignal }[] = [];

  get pending(): number {
    return this.#open.length;
  }

  begin(signal: AbortSignal): Promise<void> {
    const end = Promise.withResolvers<void>();
    this.#open.push({ end, signal });
    return end.promise;
  }

  next() {
    const attempt = this.#open.shift();
    if (attempt === undefined) throw new Error("no attempt is under way");
    const { end, signal } = attempt;
    // One turn of the event loop lets the machine hear of it.
    const heard = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));
    return {
      signal,
      succeed: () => {
        end.resolve();
        return heard();
      },
      fail: (message: string) => {
        end.reject(new Error(message));
        return heard();
      },
    };
  }
}
