import { describe, expect, it } from "vitest";
import { expectAtRest, type OpenSupervisor, openSupervisor } from "./open-supervisor.ts";
import { type SmallSwarm, smallSwarm } from "./small-swarm.ts";

const begun = ["tool.started", "model.started"];

/** Runs a lead and cancels it in the listener of its event number `at`; false when it has fewer. */
async function cancelAt(at: number, open: OpenSupervisor, swarm: SmallSwarm): Promise<boolean> {
  const { supervisor, seen } = open;
  const from = seen.length;
  const path = at === 1 ? "/lead" : `/lead-${at}`;
  const count = () => ({
    executed: swarm.executed.length,
    begun: seen.filter(({ type }) => begun.includes(type)).length,
  });
  const happened = () => seen.slice(from).filter((event) => event.path.startsWith(path));
  let cancelled: Promise<void> | undefined;
  let before: unknown;
  let over = false;
  const listener = (): void => {
    if (cancelled !== undefined || happened().length !== at) return;
    before = count();
    over = open.swarm.kernel.find(path)?.finished !== undefined;
    cancelled = supervisor.cancel(path, `at ${at}`);
  };
  supervisor.on("*", listener);
  const outcome = await supervisor.run("lead", { input: "Go." });
  supervisor.off("*", listener);
  if (cancelled === undefined) {
    expect(outcome).toMatchObject({ path, status: "completed", output: "All done." });
    return false;
  }
  await cancelled;
  await new Promise(setImmediate);
  const where = `event ${at}: ${happened()[at - 1]?.type}`;
  expect([where, outcome.status]).toEqual([where, over ? "completed" : "cancelled"]);
  expect([where, count()]).toEqual([where, before]);
  expect(happened().filter(({ type }) => type === "cancel.killed")).toEqual([]);
  expectAtRest(open);
  return true;
}

describe.each([0, 2])("a swarm on %i threads", (threads) => {
  it("cancelled at any event starts nothing afterwards and leaves nothing behind", async () => {
    const swarm = smallSwarm({ threads, budget: { tokens: 100_000 } });
    await using open = await openSupervisor(swarm.options);
    let at = 1;
    while (await cancelAt(at, open, swarm)) at += 1;
    expect(at).toBeGreaterThan(50);
  });
});
