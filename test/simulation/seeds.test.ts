import type { AnyEvent } from "coppice";
import { simulate } from "coppice/testing";
import { describe, expect, it } from "vitest";
import { undeclared } from "../docs/event-fields.ts";
import { answered } from "./answered.ts";
import { heardOnce } from "./heard-once.ts";
import { randomDrive } from "./random-drive.ts";
import { randomSwarm } from "./random-swarm.ts";

/** Schedules of each test: some seconds on a free core. */
const SEEDS = 500;

describe("random swarms under random faults", () => {
  it.each([1, 501, 1_001, 1_501])(
    "keep every invariant in every schedule, from seed %i on",
    async (from) => {
      const { schedules, steps } = await simulate({
        from,
        seeds: SEEDS,
        swarm: randomSwarm,
        drive: randomDrive,
        invariants: [heardOnce, answered],
      });
      expect(schedules).toBe(SEEDS);
      expect(steps).toBeGreaterThan(20 * SEEDS);
    },
  );

  it("run exactly the same way for the same seed, and another way for another", async () => {
    for (const seed of [1, 7, 42, 1_000_003]) {
      const [once, again] = [await eventsOf(seed), await eventsOf(seed)];
      expect(again).toEqual(once);
      expect(once.length).toBeGreaterThan(3);
    }
    expect(await eventsOf(2)).not.toEqual(await eventsOf(3));
  });

  it("meet every kind of end, fault and refusal that they are there for", async () => {
    const seen = new Set<unknown>();
    const faults = new Set<string>();
    await simulate({
      seeds: 400,
      swarm: randomSwarm,
      drive: (supervisor, simulation) => {
        supervisor.on("*", (event) => {
          for (const kind of kindsOf(event)) seen.add(kind);
          for (const fault of undeclared(event)) faults.add(fault);
        });
        return randomDrive(supervisor, simulation);
      },
    });
    expect([...seen]).toEqual(expect.arrayContaining(WANTED));
    // The types and the reference name every field.
    expect([...faults]).toEqual([]);
  });
});

const WANTED = [
  ..."completed failed cancelled killed exhausted timed-out".split(" "),
  ..."DEPTH_EXCEEDED SPAWNS_EXCEEDED CHILDREN_EXCEEDED QUEUE_FULL BUDGET_EXCEEDED".split(" "),
  ..."CAPABILITY_DENIED MODEL_FAILED TOOL_FAILED TOOL_TIMED_OUT".split(" "),
  ..."RESTART_INTENSITY_EXCEEDED OUT_OF_MEMORY HOST_LOST agent.restarted turn.failed".split(" "),
  ..."approval.requested approval.decided host.suspect".split(" "),
  ..."host.lost host.stuck cancel.killed letter.dead spawn.queued agent.output".split(" "),
];

async function eventsOf(seed: number): Promise<readonly AnyEvent[]> {
  const events: AnyEvent[] = [];
  await simulate({
    seed,
    swarm: randomSwarm,
    drive: (supervisor, simulation) => {
      supervisor.on("*", (event) => void events.push(event));
      return randomDrive(supervisor, simulation);
    },
  });
  return events;
}

function* kindsOf({ type, outcome, code, error }: AnyEvent): Generator<unknown> {
  yield type;
  yield code;
  yield codeOf(error);
  yield codeOf((outcome as { readonly error?: unknown } | undefined)?.error);
  yield (outcome as { readonly status?: unknown } | undefined)?.status;
}

function codeOf(error: unknown): unknown {
  return (error as { readonly code?: unknown } | undefined)?.code;
}
