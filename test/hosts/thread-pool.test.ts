import { once } from "node:events";
import { MessageChannel, type MessagePort } from "node:worker_threads";
import { wrap } from "comlink";
import { afterEach, describe, expect, it } from "vitest";
import type { Host } from "../../src/hosts/host.ts";
import { ThreadHost } from "../../src/hosts/thread-host.ts";
import { createThreadPool, type ThreadPool } from "../../src/hosts/thread-pool.ts";
import { ManualClock } from "../../src/testing/manual-clock.ts";
import { HEART, type HostControl } from "../../src/wire/control.ts";
import { standInEntry } from "../fixtures/hosts/listening.ts";

const ports: MessagePort[] = [];
afterEach(() => {
  for (const port of ports.splice(0)) port.close();
});

describe("the thread pool", () => {
  const begin = (pool: ThreadPool) => {
    const data = new MessageChannel();
    const control = new MessageChannel();
    ports.push(data.port1, control.port1);
    const exited = Promise.withResolvers<string>();
    const crashes: string[] = [];
    const thread = pool.start(
      {
        port: data.port2,
        controlPort: control.port2,
        cancelFlags: new SharedArrayBuffer(4),
        kind: "user-code",
        heart: new SharedArrayBuffer(HEART.words * 4),
        beatMs: 250,
      },
      {
        onCrash: (reason) => crashes.push(reason),
        onOutOfMemory: (reason) => crashes.push(reason),
        onExit: exited.resolve,
      },
    );
    return { thread, crashes, exited: exited.promise, remote: wrap<HostControl>(control.port1) };
  };

  it("knows the thread of each task, also of tasks that begin at once", async () => {
    const pool = createThreadPool({
      kind: "user-code",
      entry: standInEntry,
      env: {},
      maxThreads: 3,
    });
    const begun = [begin(pool), begin(pool), begin(pool)];
    const told = await Promise.all(begun.map(({ remote }) => remote.ping()));
    expect(told).toEqual(begun.map(({ thread }) => ({ threadId: thread.threadId })));
    expect(new Set(begun.map(({ thread }) => thread.threadId)).size).toBe(3);

    begun[1]?.thread.terminate();
    expect(await begun[1]?.exited).toBe("its thread exited with code 1");
    const alive = await Promise.all([begun[0], begun[2]].map((each) => each?.remote.ping()));
    expect(alive).toEqual([told[0], told[2]]);
    await pool.close();
    expect(begun[0]?.crashes).toHaveLength(1);
  });

  it("refuses one thread more than it may have", async () => {
    const pool = createThreadPool({
      kind: "user-code",
      entry: standInEntry,
      env: {},
      maxThreads: 1,
    });
    begin(pool);
    expect(() => begin(pool)).toThrow("the user-code pool is full with 1 threads");
    await pool.close();
  });
});

describe("a host whose thread cannot be made", () => {
  it("is lost, but never inside the call that opened it", async () => {
    const lost: [Host, string][] = [];
    const heard = new EventTarget();
    const host = new ThreadHost({
      id: "user-code-1",
      kind: "user-code",
      cancelFlags: new SharedArrayBuffer(4),
      clock: new ManualClock(),
      startMs: 1_000,
      killMs: 1_000,
      heartbeatMs: 500,
      graceMs: 5_000,
      pool: {
        start: () => {
          throw new Error("no more threads");
        },
        close: () => Promise.resolve(),
      },
      events: {
        hear: (lostHost, event) => {
          if (event.type !== "lost") return;
          lost.push([lostHost, event.reason]);
          heard.dispatchEvent(new Event("lost"));
        },
        whoIs: () => undefined,
      },
    });
    const told = once(heard, "lost");
    host.launch(0);
    expect(lost).toEqual([]);
    host.post({ items: [] });
    await told;
    expect(lost).toEqual([[host, "no more threads"]]);
    await expect(host.ready).rejects.toMatchObject({ code: "HOST_LOST" });
  });
});
