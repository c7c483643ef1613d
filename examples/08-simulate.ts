/**
 * A swarm in the simulator: hundreds of orders of events, with crashes, until one shows a mistake.
 *
 * Look for: two clerks book seats at once, and a booking reads before it writes. With luck nobody
 * ever sees what is wrong with that; the simulator tries the orders in which somebody would, and
 * names the seed with which the same order comes again. Done right it holds in all of them.
 *
 *     > read, then write
 *     >   "no seat is sold twice" is not so: 4 bookings for 3 seats
 *     >   the same seed once more: the same steps, true
 *     > write only what is still so
 *     >   200 schedules, and no seat is sold twice
 *
 * At the command line one clerk books at a time, outside of the simulator.
 *
 *     $ npx coppice run examples/08-simulate.ts --input Go.
 */
import assert from "node:assert/strict";
import { type AgentSpec, defineTool, type Supervisor, type SupervisorOptions } from "coppice";
import {
  call,
  type Invariant,
  type SimulateOptions,
  type Simulation,
  SimulationFailed,
  scripted,
  simulate,
} from "coppice/testing";

/** A store of seats, which takes its time. */
class Seats {
  free = 3;
  booked = 0;
  /** Waits for a turn of the simulation, as it would for a network. */
  wait: () => Promise<void> = async () => undefined;

  async read(): Promise<number> {
    await this.wait();
    return this.free;
  }

  /** @param expected what must still be free; left out: it does not matter */
  async write(free: number, expected?: number): Promise<boolean> {
    await this.wait();
    if (expected !== undefined && this.free !== expected) return false;
    this.free = free;
    this.booked += 1;
    return true;
  }
}

let seats = new Seats();
const bookWith = (careful: boolean) =>
  defineTool({
    name: "book",
    description: "Books a seat.",
    input: { type: "object", properties: {} },
    execute: async () => {
      for (;;) {
        const free = await seats.read();
        if (free === 0) return "sold out";
        const isWritten = await seats.write(free - 1, careful ? free : undefined);
        if (isWritten) return `a seat of ${free}`;
      }
    },
  });

/** Two bookings, one after the other. */
const clerk: AgentSpec = {
  model: scripted([call("book"), call("book"), "Done."]),
  tools: ["book"],
};

const swarmWith = (careful: boolean): SupervisorOptions => ({
  agents: { clerk },
  tools: [bookWith(careful)],
});

const soldOnce: Invariant = {
  name: "no seat is sold twice",
  ofStep: () => (seats.booked > 3 ? `${seats.booked} bookings for 3 seats` : undefined),
};

async function drive(supervisor: Supervisor, simulation: Simulation): Promise<void> {
  seats = new Seats();
  seats.wait = () => simulation.turn("the store answers");
  await Promise.all(["ann", "bo"].map((name) => supervisor.run("clerk", { name, input: "Go." })));
}

const optionsWith = (careful: boolean): SimulateOptions => ({
  seeds: 200,
  swarm: () => swarmWith(careful),
  drive,
  invariants: [soldOnce],
});

/** The first failure of a simulation; undefined when there is none. */
async function failureOf(options: SimulateOptions): Promise<SimulationFailed | undefined> {
  try {
    await simulate(options);
    return undefined;
  } catch (thrown) {
    if (thrown instanceof SimulationFailed) return thrown;
    throw thrown;
  }
}

export default swarmWith(true);

// What `node` runs; `coppice run` takes the options and tells by itself what happens.
if (import.meta.main) {
  console.log("> read, then write");
  const found = await failureOf(optionsWith(false));
  assert.ok(found !== undefined, "a seat was sold twice in no schedule");
  const [first = ""] = found.message.split("\n");
  console.log(`>   ${first.replace(/^Seed \d+, step \d+: |\.$/g, "")}`);
  const again = await failureOf({ ...optionsWith(false), seed: found.seed });
  console.log(`>   the same seed once more: the same steps, ${again?.message === found.message}`);
  assert.equal(again?.message, found.message);

  console.log("> write only what is still so");
  const { schedules } = await simulate(optionsWith(true));
  console.log(`>   ${schedules} schedules, and no seat is sold twice`);
}
