import { afterEach, describe, expect, it } from "vitest";
import type { Decision, PendingApproval } from "../../src/index.ts";
import { done, questions, scribe, start, supervisor } from "./approval-desk.ts";

afterEach(async () => supervisor.stop());

const yes: Decision = { allow: true };

/** Three agents that each ask about a file of their name. */
async function three() {
  await start({ agents: { x: scribe(["x"]), y: scribe(["y"]), z: scribe(["z"]) } });
  const runs = ["x", "y", "z"].map((name) => supervisor.run(name, { input: "go" }));
  const asked = (await questions(3)) as [PendingApproval, PendingApproval, PendingApproval];
  return { runs, asked, ids: asked.map(({ id }) => id) as [string, string, string] };
}

const outcome = async (promise: Promise<void>): Promise<unknown> =>
  promise.then(
    () => "decided",
    ({ code, details }) => ({ code, ...details }),
  );

describe("a batch of decisions", () => {
  it("decides each by its own", async () => {
    const { runs, ids } = await three();
    await supervisor.decide([
      { id: ids[0], decision: yes },
      { id: ids[1], decision: { allow: false, reason: "no" } },
      { id: ids[2], decision: { allow: true, result: "by hand" } },
    ]);
    await Promise.all(runs);
    expect(done).toEqual(["x"]);
    expect(supervisor.approvals()).toEqual([]);
  });

  it.each<[string, (ids: readonly string[]) => unknown, object]>([
    ["an unknown id", () => ({ id: "approval-99", decision: yes }), { code: "APPROVAL_UNKNOWN" }],
    [
      "no decision",
      ([, , id]) => ({ id, decision: { allow: "yes" } }),
      { code: "OPTIONS_INVALID" },
    ],
    [
      "a stand-in with a scope",
      ([, , id]) => ({ id, decision: { allow: true, result: 1, scope: "run" } }),
      { code: "OPTIONS_INVALID" },
    ],
    [
      "one of them once more and otherwise",
      ([id]) => ({ id, decision: { allow: false } }),
      { code: "OPTIONS_INVALID" },
    ],
  ])("decides none when one is %s", async (_, last, error) => {
    const { runs, ids } = await three();
    const [x, y] = ids;
    const decided: unknown[] = [];
    supervisor.on("approval.decided", (event) => decided.push(event));
    const batch = [{ id: x, decision: yes }, { id: y, decision: yes }, last(ids)];
    expect(await outcome(supervisor.decide(batch as never))).toMatchObject(error);
    expect([decided, supervisor.approvals().length, done]).toEqual([[], 3, []]);
    await supervisor.decide(ids, yes);
    await Promise.all(runs);
    expect(done).toHaveLength(3);
  });

  it("names the place and the id of what cannot be decided", async () => {
    const { runs, ids } = await three();
    const batch = [...ids, "nothing"].map((id) => ({ id, decision: yes }));
    const error = await outcome(supervisor.decide(batch));
    expect(error).toMatchObject({ code: "APPROVAL_UNKNOWN", index: 3, id: "nothing" });
    expect(await outcome(supervisor.decide([...ids, "nothing"], yes))).toEqual(error);
    await supervisor.decide(ids, { allow: false });
    await Promise.all(runs);
    expect(done).toEqual([]);
  });

  it("takes what was decided alike before, and one that stands there twice", async () => {
    const { runs, ids } = await three();
    await supervisor.decide(ids[0], yes);
    await supervisor.decide([...ids, ids[1]], yes);
    await Promise.all(runs);
    expect(done).toHaveLength(3);
  });

  it("may be empty", async () => {
    await start({});
    await supervisor.decide([]);
    await supervisor.decide([], yes);
  });

  it("holds 10,000 and refuses one more", async () => {
    await start({});
    const batch = (length: number) => Array.from({ length }, () => ({ id: "a", decision: yes }));
    const [most, more] = [batch(10_000), batch(10_001)].map((one) => supervisor.decide(one));
    expect(await outcome(most as Promise<void>)).toMatchObject({ code: "APPROVAL_UNKNOWN" });
    expect(await outcome(more as Promise<void>)).toMatchObject({ code: "OPTIONS_INVALID" });
  });

  it("is not forestalled by a yes in it that would answer the others", async () => {
    const { runs, ids } = await three();
    await supervisor.decide([
      { id: ids[0], decision: { allow: true, scope: "always" } },
      { id: ids[1], decision: { allow: false } },
      { id: ids[2], decision: { allow: false } },
    ]);
    await Promise.all(runs);
    expect(done).toEqual(["x"]);
  });

  it("is not torn by a listener that decides or cancels in its middle", async () => {
    const { runs, ids } = await three();
    const inBetween: Promise<unknown>[] = [];
    supervisor.once("approval.decided", () => {
      inBetween.push(outcome(supervisor.decide(ids[1], { allow: false })));
      inBetween.push(supervisor.cancel("/z"));
    });
    await supervisor.decide(ids, yes);
    const outcomes = await Promise.all(runs);
    await Promise.all(inBetween);
    expect(await inBetween[0]).toMatchObject({ code: "APPROVAL_UNKNOWN" });
    expect(outcomes.map(({ status }) => status)).toEqual(["completed", "completed", "cancelled"]);
    expect(done).toEqual(["x", "y"]);
    expect(supervisor.approvals()).toEqual([]);
  });
});
