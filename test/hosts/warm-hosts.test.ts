import { afterEach, describe, expect, it } from "vitest";
import { ManualClock } from "../../src/testing/manual-clock.ts";
import { type Listening, listen } from "../fixtures/hosts/listening.ts";

const apart = { kind: "user-code", isolation: { level: "thread" } } as const;
const withMemory = (memoryMb: number) =>
  ({ kind: "user-code", isolation: { level: "thread", memoryMb } }) as const;
const broken = new URL("../fixtures/hosts/broken-entry.ts", import.meta.url);
const silent = new URL("../fixtures/hosts/silent-entry.ts", import.meta.url);

const open: Listening[] = [];
afterEach(async () => {
  await Promise.all(open.splice(0).map(({ hosts }) => hosts.stop()));
});

function begin(entry?: URL) {
  const clock = new ManualClock();
  const listening = listen({ clock, ...(entry === undefined ? {} : { entry }) });
  open.push(listening);
  const { hosts } = listening;
  const states = () => hosts.list().map(({ state }) => state);
  return { ...listening, clock, states };
}

describe("hosts that are kept warm", () => {
  it("start one at a time, and none while an agent's host is starting", async () => {
    const { hosts, clock, states, heard } = begin();
    hosts.keepWarm([apart], 2);
    expect(states()).toEqual(["starting"]);
    clock.advance(1_000);
    expect(states()).toEqual(["starting"]);
    await expect.poll(states).toEqual(["warm"]);
    clock.advance(49);
    expect(states()).toEqual(["warm"]);
    clock.advance(1);
    expect(states()).toEqual(["warm", "starting"]);
    await expect.poll(states).toEqual(["warm", "warm"]);

    const taken = hosts.pick(apart.kind, apart.isolation);
    expect(states()).toEqual(["starting", "warm"]);
    clock.advance(50);
    expect(states()).toEqual(["starting", "warm"]);
    await heard(`started ${taken.id}`);
    clock.advance(50);
    expect(states()).toEqual(["ready", "warm", "starting"]);
  });

  it("wait for one that is on its way, also when another has been taken", async () => {
    const { hosts, clock, states, heard } = begin(silent);
    hosts.keepWarm([apart, withMemory(64)], 1);
    await expect.poll(states).toEqual(["warm"]);
    clock.advance(50);
    expect(states()).toEqual(["warm", "starting"]);
    const taken = hosts.pick(apart.kind, apart.isolation);
    await heard(`started ${taken.id}`);
    clock.advance(50);
    expect(states()).toEqual(["ready", "starting"]);
  });

  it("are of eight kinds, and of no ninth", async () => {
    const { hosts, clock, states } = begin();
    hosts.keepWarm([61, 62, 63, 64, 65, 66, 67, 68, 69].map(withMemory), 1);
    for (let many = 1; many <= 8; many += 1) {
      await expect.poll(states).toEqual(Array(many).fill("warm"));
      clock.advance(50);
    }
    expect(states()).toEqual(Array(8).fill("warm"));
  });

  it("start later and later when they die, and nobody hears of that", async () => {
    const { hosts, clock, states, log } = begin(broken);
    hosts.keepWarm([apart], 1);
    for (const delayMs of [50, 50, 50, 100, 200]) {
      await expect.poll(states).toEqual([]);
      clock.advance(delayMs - 1);
      expect(states()).toEqual([]);
      clock.advance(1);
      expect(states()).toEqual(["starting"]);
    }
    expect(log).toEqual([]);
    expect(hosts.faults()).toEqual([]);
  });

  it("are given away while they are still on their way", async () => {
    const { hosts, states, heard } = begin();
    hosts.keepWarm([apart], 1);
    const [row] = hosts.list();
    const taken = hosts.pick(apart.kind, apart.isolation);
    expect(taken.id).toBe(row?.id);
    await heard(`started ${taken.id}`);
    expect(states()).toEqual(["ready"]);
  });

  it("are ended by `stop`, which no start follows", async () => {
    const { hosts, clock, states } = begin();
    hosts.keepWarm([apart], 2);
    await expect.poll(states).toEqual(["warm"]);
    await hosts.stop();
    clock.advance(10_000);
    expect(states()).toEqual([]);
  });
});
