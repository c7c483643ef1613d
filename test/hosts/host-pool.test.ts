import { describe, expect, it } from "vitest";
import type { Host, HostHandle, HostListener, HostState } from "../../src/hosts/host.ts";
import { HostPool } from "../../src/hosts/host-pool.ts";
import { ManualClock } from "../../src/testing/manual-clock.ts";

/** A place whose life the test plays. */
interface Puppet extends HostHandle {
  state: HostState;
  launches: number[];
}

const begin = (limit: number) => {
  const opened: Puppet[] = [];
  const lost: string[] = [];
  let events: HostListener | undefined;
  const clock = new ManualClock();
  const die = (puppet: Host, reason = "it died"): void => {
    (puppet as Puppet).state = "gone";
    events?.hear(puppet, { type: "lost", reason });
  };
  const start = (puppet: Host): void => {
    (puppet as Puppet).state = "ready";
    events?.hear(puppet, { type: "started" });
  };
  const pool = new HostPool({
    limit,
    clock,
    events: {
      hear: (host, event) => {
        if (event.type === "lost") lost.push(`${host.id}: ${event.reason}`);
      },
      whoIs: () => undefined,
    },
    open: (given) => {
      events = given;
      const puppet: Puppet = {
        id: `p${opened.length + 1}`,
        kind: "user-code",
        state: "starting",
        load: 0,
        launches: [],
        get living() {
          return ["starting", "ready", "suspect"].includes(this.state);
        },
        ready: Promise.resolve(),
        ended: Promise.resolve(),
        launch: (delayMs) => void puppet.launches.push(delayMs),
        post: () => undefined,
        terminate: (reason) => die(puppet, reason),
        check: () => Promise.resolve(),
        drain: () => Promise.reject(new Error("cannot")),
      };
      opened.push(puppet);
      return puppet;
    },
  });
  return { pool, opened, lost, die, start, clock };
};

describe("the pool", () => {
  it.each([1, 2, 3])("opens at most %i hosts, then shares the least loaded", (limit) => {
    const { pool, opened } = begin(limit);
    for (let n = 0; n < 3 * limit + 1; n += 1) pool.pick().load += 1;
    expect(opened).toHaveLength(limit);
    expect(opened.map(({ load }) => load).sort()).toEqual([
      ...Array.from({ length: limit - 1 }, () => 3),
      4,
    ]);
  });

  it("launches later and later when hosts die young, at once after one that lived", () => {
    const { pool, opened, die, clock } = begin(1);
    for (let n = 0; n < 6; n += 1) {
      die(pool.pick());
    }
    expect(opened.map(({ launches }) => launches)).toEqual([[0], [0], [0], [0], [100], [200]]);
    const seventh = pool.pick();
    clock.advance(400 + 1_000);
    die(seventh);
    pool.pick();
    expect(opened.at(-1)?.launches).toEqual([0]);
  });

  it("launches at once again when the host of one agent has started, however soon it ends", () => {
    const { pool, opened, die, start } = begin(1);
    const soleAgent = { path: "/agent", incarnation: 1 };
    const open = (): Host =>
      Object.assign(pool.alone(undefined), { isolation: "process", soleAgent });
    for (let n = 0; n < 5; n += 1) die(open());
    const sixth = open();
    start(sixth);
    die(sixth);
    open();
    expect(opened.map(({ launches }) => launches)).toEqual([[0], [0], [0], [0], [100], [200], [0]]);
  });

  it("does not count hosts that it ended itself after a bad module", () => {
    const { pool, opened, lost } = begin(1);
    for (let n = 0; n < 6; n += 1) pool.giveBack(pool.borrow(), true);
    expect(lost).toHaveLength(6);
    expect(opened.flatMap(({ launches }) => launches)).toEqual([0, 0, 0, 0, 0, 0]);
  });

  it("holds new threads back at eight stuck ones, until one exits", () => {
    const { pool, opened, die } = begin(1);
    for (let n = 0; n < 8; n += 1) {
      const puppet = pool.pick() as Puppet;
      expect(puppet.launches).toHaveLength(1);
      puppet.state = "stuck";
    }
    const held = pool.pick() as Puppet;
    expect(held.launches).toEqual([]);
    expect(pool.pick()).toBe(held);
    die(opened[0] as Puppet);
    expect(held.launches).toEqual([0]);
  });

  it("ends hosts that cannot close what they run, without a word of loss", async () => {
    const { pool, lost } = begin(2);
    pool.pick().load = 1;
    pool.pick();
    await pool.stop();
    expect(lost).toEqual([]);
    expect(pool.handles).toEqual([]);
  });
});
