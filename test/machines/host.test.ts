import { describe, expect, it } from "vitest";
import { type EventFromLogic, initialTransition, type SnapshotFrom, transition } from "xstate";
import { hostMachine } from "../../machines/host.ts";

type Event = EventFromLogic<typeof hostMachine>;
type Snapshot = SnapshotFrom<typeof hostMachine>;

const events: readonly Event[] = [
  { type: "host.started" },
  { type: "beat.missed" },
  { type: "beat.seen" },
  { type: "host.terminated", reason: "r1" },
  { type: "host.exited", reason: "r2" },
  // The delay of `terminated`, as the clock sends it.
  { type: "xstate.after.killMs.host.terminating" } as unknown as Event,
];
const born = (): Snapshot => initialTransition(hostMachine, { killMs: 5 })[0];
const step = (snapshot: Snapshot, event: Event): Snapshot =>
  transition(hostMachine, snapshot, event)[0];

describe("the life of a host", () => {
  it("reaches every state", () => {
    const seen = new Map<string, Snapshot>([["starting", born()]]);
    for (const snapshot of seen.values()) {
      for (const event of events) {
        const next = step(snapshot, event);
        if (!seen.has(String(next.value))) seen.set(String(next.value), next);
      }
    }
    expect([...seen.keys()].sort()).toEqual(Object.keys(hostMachine.states).sort());
  });

  it("says of each state what it means", () => {
    for (const state of Object.values(hostMachine.states)) expect(state.description).toBeTruthy();
  });

  it("never lives again once terminated", () => {
    const terminating = step(born(), { type: "host.terminated", reason: "r" });
    for (const event of events) {
      expect(step(terminating, event).hasTag("living")).toBe(false);
    }
  });

  it("keeps the first reason", () => {
    const gone = events.slice(3, 5).reduce(step, born());
    expect(gone.value).toBe("gone");
    expect(gone.context.reason).toBe("r1");
  });

  it("refuses to run without its actions", () => {
    const [, actions] = transition(hostMachine, born(), { type: "host.started" });
    expect(actions.map(({ type }) => type)).toContain("announceStarted");
  });
});
