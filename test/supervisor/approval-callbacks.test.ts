import { afterEach, describe, expect, it } from "vitest";
import type { AnyEvent, Decision, PendingApproval } from "../../src/index.ts";
import { ManualClock } from "../../src/testing/index.ts";
import { done, questions, scribe, start, supervisor } from "./approval-desk.ts";

afterEach(async () => supervisor.stop());

/** What is told of questions and refusals. */
function told(): AnyEvent[] {
  const events: AnyEvent[] = [];
  for (const type of ["approval.decided", "tool.denied"] as const) {
    supervisor.on(type, (event) => events.push(event));
  }
  return events;
}

const hostile = {
  get allow(): boolean {
    throw new Error("a trap");
  },
};

describe("an approve callback that fails", () => {
  it.each([
    ["throws", () => Promise.reject(new Error("the desk is empty")), /the desk is empty/],
    ["throws no error", () => Promise.reject("gone\u202e\u0007"), /gone\\u\{202e\}\\u\{7\}/],
    ["gives nothing", () => undefined, /approve: must be an object, not undefined/],
    ["gives a text", () => "yes", /must be an object, not/],
    ["gives true", () => true, /must be an object, not/],
    ["gives { allow: 1 }", () => ({ allow: 1 }), /allow: must be true or false, not 1/],
    ["gives a field that throws", () => hostile, /a trap/],
    ["gives a result that cannot be", () => ({ allow: false, result: 1 }), /cannot have this/],
    [
      "gives a promise that rejects when awaited",
      () => ({
        // biome-ignore lint/suspicious/noThenProperty: what a faulty thenable looks like
        then: () => {
          throw new Error("not then");
        },
      }),
      /not then/,
    ],
  ])("because it %s, is the reason: nobody said no", async (_, approve, why) => {
    await start({
      agents: { scribe: scribe(["a"]) },
      approve: approve as unknown as () => Decision,
    });
    const events = told();
    expect((await supervisor.run("scribe", { input: "go" })).status).toBe("completed");
    const failed = expect.stringMatching(/^the approve callback failed: /);
    expect(events).toMatchObject([
      { type: "approval.decided", allow: false, reason: failed, cause: "callback-failed" },
      { type: "tool.denied", code: "APPROVAL_DENIED", message: failed },
    ]);
    expect(events[1]?.message).toMatch(why);
    expect(done).toEqual([]);
  });

  it("is not waited for beyond the time-out, which says so", async () => {
    const clock = new ManualClock();
    const answer = Promise.withResolvers<Decision>();
    const options = { clock, approvalTimeoutMs: 1000, approve: () => answer.promise };
    await start({ agents: { scribe: scribe(["a"]) }, ...options });
    const events = told();
    const run = supervisor.run("scribe", { input: "go" });
    await questions();
    clock.advance(1000);
    await run;
    expect(events).toMatchObject([
      { type: "approval.decided", allow: false, cause: "timed-out" },
      { type: "tool.denied", code: "APPROVAL_TIMED_OUT" },
    ]);
    expect(events[1]?.message).toMatch(/^nobody answered .* in 1000 ms: the approve callback gave/);
    answer.resolve({ allow: true });
    await answer.promise;
    expect(done).toEqual([]);
  });

  it("does not take back what somebody else has decided meanwhile", async () => {
    const failing = Promise.withResolvers<Decision>();
    const called = Promise.withResolvers<void>();
    const approve = () => {
      called.resolve();
      return failing.promise;
    };
    await start({ agents: { scribe: scribe(["a"]) }, approve });
    const events = told();
    const run = supervisor.run("scribe", { input: "go" });
    const [asked] = await questions();
    await called.promise;
    await supervisor.decide(asked?.id ?? "", { allow: true, by: "eve" });
    failing.reject(new Error("too late"));
    await run;
    expect(events).toMatchObject([{ type: "approval.decided", allow: true, by: "eve" }]);
    expect(events[0]).not.toHaveProperty("cause");
    expect(done).toEqual(["a"]);
  });
});

it("tells what is withdrawn and what another yes has answered from what was decided", async () => {
  await start({ agents: { scribe: scribe(["a"]) } });
  const events = told();
  const first = await supervisor.spawn("scribe", { input: "go" });
  const second = await supervisor.spawn("scribe", { input: "go" });
  await supervisor.spawn("scribe", { input: "go" });
  const asked = await questions(3);
  await first.cancel();
  await supervisor.decide(asked[1]?.id ?? "", { allow: true, scope: "always" });
  await second.outcome;
  expect(events.map(({ id, cause }) => [id, cause])).toEqual([
    [asked[0]?.id, "withdrawn"],
    [asked[1]?.id, undefined],
    [asked[2]?.id, "covered"],
  ]);
});

describe("a question", () => {
  it("says of which template its agent is, its labels, and how long it has waited", async () => {
    const clock = new ManualClock();
    const called: PendingApproval[] = [];
    const approve = (asked: PendingApproval): Promise<Decision> => {
      called.push(asked);
      return new Promise(() => undefined);
    };
    await start({ agents: { scribe: scribe(["a"]) }, clock, approvalTimeoutMs: 5000, approve });
    const requested = new Promise<AnyEvent>((resolve) => {
      supervisor.once("approval.requested", resolve);
    });
    const labels = { tenant: "acme" };
    await supervisor.spawn("scribe", { input: "go", name: "joe", labels });
    const [asked] = await questions();
    const about = { path: "/joe", template: "scribe", labels };
    expect(asked).toMatchObject({ ...about, waitingMs: 0 });
    expect(await requested).toMatchObject(about);
    expect(await requested).not.toHaveProperty("waitingMs");
    clock.advance(1234);
    expect(supervisor.approvals()).toMatchObject([{ ...about, waitingMs: 1234 }]);
    const [{ askedAt, expiresAt } = { askedAt: 0, expiresAt: 0 }] = supervisor.approvals();
    expect(expiresAt - askedAt).toBe(5000);
    await expect.poll(() => called).toMatchObject([{ ...about, waitingMs: 0 }]);
  });

  it("has no labels where its agent has none, and those of its run for a child", async () => {
    const spawn = { name: "spawn_agent", input: { agent: "scribe", input: "go" } };
    const steps = [{ toolCalls: [spawn] }, { text: "led" }];
    const lead = { model: { provider: "scripted", steps }, agents: ["scribe"] } as const;
    await start({ agents: { lead, scribe: scribe(["a"]) } });
    await supervisor.spawn("lead", { input: "go", labels: { tenant: "acme" } });
    await supervisor.spawn("scribe", { input: "go" });
    const asked = await questions(2);
    const shown = asked.map(({ path, template, labels }) => ({ path, template, labels }));
    expect(shown.sort((a, b) => (a.path < b.path ? -1 : 1))).toEqual([
      { path: "/lead/scribe", template: "scribe", labels: { tenant: "acme" } },
      { path: "/scribe", template: "scribe", labels: {} },
    ]);
  });
});
