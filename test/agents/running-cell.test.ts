import { EventEmitter, once } from "node:events";
import { readFile } from "node:fs";
import { stat } from "node:fs/promises";
import { setTimeout as sleep } from "node:timers/promises";
import { MessageChannel } from "node:worker_threads";
import { describe, expect, it } from "vitest";
import { RunningCell } from "../../src/agents/running-cell.ts";
import { HEART } from "../../src/wire/control.ts";

const heart = new Int32Array(HEART.words);
const cell = new RunningCell(heart);
const runs = (): readonly (number | undefined)[] => [heart[HEART.running], heart[HEART.upTo]];

describe("the running cell", () => {
  it("names whose step runs, within another's too, and nobody after it", () => {
    const [one, two] = [
      { number: 1, upTo: 10 },
      { number: 2, upTo: 20 },
    ];
    const before = cell.enter(one);
    expect(runs()).toEqual([1, 10]);
    const within = cell.enter(two);
    expect(runs()).toEqual([2, 20]);
    cell.leave(within);
    expect(runs()).toEqual([1, 10]);
    cell.leave(before);
    expect(runs()).toEqual([0, 0]);
  });

  it("names nobody for what goes on later, unless it follows that", async () => {
    const before = cell.enter({ number: 1, upTo: 0 });
    const later = Promise.resolve().then(runs);
    cell.leave(before);
    expect(await later).toEqual([0, 0]);
  });
});

/** Ways to go on later: each looks when it does. */
const ways: Readonly<Record<string, (look: () => void) => Promise<unknown>>> = {
  "an await": async (look) => {
    await null;
    look();
  },
  "a promise of somebody else": (look) => shared.then(look),
  "a thenable": async (look) => {
    // biome-ignore lint/suspicious/noThenProperty: that is what is tested
    await { then: (resolve: (value: null) => void) => setTimeout(resolve, 1, null) };
    look();
  },
  "a timer": async (look) => {
    await new Promise<void>((resolve) => {
      setTimeout(() => {
        look();
        resolve();
      }, 1);
    });
  },
  "a timer's promise": async (look) => {
    await sleep(1);
    look();
  },
  "an immediate": async (look) => {
    await new Promise<void>((resolve) => {
      setImmediate(() => {
        look();
        resolve();
      });
    });
  },
  "a microtask": async (look) => {
    await new Promise<void>((resolve) => {
      queueMicrotask(() => {
        look();
        resolve();
      });
    });
  },
  "a tick": async (look) => {
    await new Promise<void>((resolve) => {
      process.nextTick(() => {
        look();
        resolve();
      });
    });
  },
  "a callback": async (look) => {
    await new Promise<void>((resolve) => {
      readFile(import.meta.filename, () => {
        look();
        resolve();
      });
    });
  },
  "a file's promise": async (look) => {
    await stat(import.meta.filename);
    look();
  },
  "an event": async (look) => {
    const emitter = new EventEmitter();
    setTimeout(() => emitter.emit("told"), 1);
    await once(emitter, "told");
    look();
  },
  "a port": async (look) => {
    const { port1, port2 } = new MessageChannel();
    await new Promise<void>((resolve) => {
      port1.on("message", () => {
        look();
        port1.close();
        resolve();
      });
      port2.postMessage(null);
    });
  },
  "a generator": async (look) => {
    async function* numbers() {
      yield 1;
      await null;
      yield 2;
    }
    for await (const _ of numbers()) look();
  },
  "a signal": async (look) => {
    await new Promise<void>((resolve) => {
      AbortSignal.timeout(1).addEventListener("abort", () => {
        look();
        resolve();
      });
    });
  },
};
const shared = sleep(20);

describe("a cell that follows", () => {
  it.each(Object.keys(ways))("charges what goes on after %s to whoever began it", async (name) => {
    cell.follow();
    const wrong: unknown[] = [];
    let looks = 0;
    const all = Array.from({ length: 300 }, (_, n) => {
      const runner = { number: n + 1, upTo: n };
      const before = cell.enter(runner);
      const ended = ways[name]?.(() => {
        looks += 1;
        if (heart[HEART.running] !== runner.number) wrong.push([n, ...runs()]);
      });
      // It takes in another delivery before it goes on.
      runner.upTo = n + 1_000;
      cell.leave(before);
      return ended;
    });
    expect(runs()).toEqual([0, 0]);
    await Promise.all(all);
    expect(wrong).toEqual([]);
    expect(looks).toBeGreaterThanOrEqual(300);
  });

  it("names nobody while nothing of an agent runs", async () => {
    cell.follow();
    await sleep(1);
    expect(runs()).toEqual([0, 0]);
  });

  it("tells the last delivery that the agent has taken in by then", async () => {
    cell.follow();
    const runner = { number: 7, upTo: 1 };
    const before = cell.enter(runner);
    const later = sleep(1).then(runs);
    cell.leave(before);
    runner.upTo = 2;
    expect(await later).toEqual([7, 2]);
  });
});
