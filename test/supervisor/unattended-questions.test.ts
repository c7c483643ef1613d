import { afterEach, describe, expect, it } from "vitest";
import type { RuntimeEvent, Supervisor, SupervisorOptions } from "../../src/index.ts";
import { ManualClock } from "../../src/testing/index.ts";
import { done, questions, scribe, start, supervisor } from "./approval-desk.ts";

const warnings: Error[] = [];
const warned = (warning: Error) => {
  if ((warning as { code?: string }).code === "COPPICE_UNATTENDED") warnings.push(warning);
};
process.on("warning", warned);
afterEach(async () => {
  await supervisor.stop();
  // A warning is told a tick after what caused it.
  await new Promise((resolve) => process.nextTick(resolve));
  warnings.length = 0;
});

const agents = { scribe: scribe(["a"]) };
const open = (options: SupervisorOptions = {}) => start({ agents, ...options });
/** The journal's questions; reading begins once they were asked. */
async function told(count = 1): Promise<RuntimeEvent[]> {
  const asked: RuntimeEvent[] = [];
  for await (const event of supervisor.events({ since: 0 })) {
    if (event.type === "approval.requested") asked.push(event);
    if (asked.length === count) break;
  }
  return asked;
}

describe("a question that nobody could answer", () => {
  it("is told as unattended at once, with one warning for each supervisor", async () => {
    await open();
    await supervisor.spawn("scribe", { input: "go" });
    await supervisor.spawn("scribe", { input: "go" });
    await expect.poll(() => supervisor.approvals().length).toBe(2);
    expect(await told(2)).toMatchObject([{ unattended: true }, { unattended: true }]);
    await expect.poll(() => warnings.length).toBe(1);
    expect(warnings[0]?.message).toContain("/scribe asks for tool:write");
    expect(warnings[0]?.message).toContain("300000 ms");
    await supervisor.stop();
    await open();
    await supervisor.spawn("scribe", { input: "go" });
    await expect.poll(() => warnings.length).toBe(2);
  });

  it("still waits for a decision until its time is over", async () => {
    const clock = new ManualClock();
    await open({ clock, approvalTimeoutMs: 1000 });
    const run = supervisor.run("scribe", { input: "go" });
    await expect.poll(() => supervisor.approvals().length).toBe(1);
    clock.advance(999);
    const [asked] = supervisor.approvals();
    await supervisor.decide(asked?.id ?? "", { allow: true });
    expect((await run).status).toBe("completed");
    expect(done).toEqual(["a"]);
  });

  it.each([
    ["hears of other things", (of: Supervisor) => of.on("tool.started", () => undefined)],
    ["reads dead letters", (of: Supervisor) => of.deadLetters()],
    ["reads of another agent", (of: Supervisor) => of.events({ path: "/other" })],
    ["has left", (of: Supervisor) => void of.events().return?.()],
    ["hears no more", leave],
  ])("is unattended though somebody %s", async (_, attend) => {
    await open();
    attend(supervisor);
    await supervisor.spawn("scribe", { input: "go" });
    await expect.poll(() => supervisor.approvals().length).toBe(1);
    expect(await told()).toMatchObject([{ unattended: true }]);
  });

  it("is unattended though an inspector looks on, for it can say nothing", async () => {
    await open({ inspect: true });
    await supervisor.spawn("scribe", { input: "go" });
    await expect.poll(() => supervisor.approvals().length).toBe(1);
    expect(await told()).toMatchObject([{ unattended: true }]);
  });
});

function leave(of: Supervisor): void {
  const listener = () => undefined;
  of.on("approval.requested", listener);
  of.off("approval.requested", listener);
}

describe("a question that somebody could answer", () => {
  it.each([
    ["a listener of questions", (of: Supervisor) => of.on("approval.requested", () => undefined)],
    ["who listens once", (of: Supervisor) => of.once("approval.requested", () => undefined)],
    ["a listener of everything", (of: Supervisor) => of.on("*", () => undefined)],
    ["a reader of events", (of: Supervisor) => of.events()],
    ["a reader of its agent", (of: Supervisor) => of.events({ path: "/scribe" })],
  ])("such as %s is told of it as ever", async (_, attend) => {
    await open();
    attend(supervisor);
    await supervisor.spawn("scribe", { input: "go" });
    await expect.poll(() => supervisor.approvals().length).toBe(1);
    expect((await told())[0]).not.toHaveProperty("unattended");
    await new Promise((resolve) => setImmediate(resolve));
    expect(warnings).toEqual([]);
  });

  it("has an approve callback", async () => {
    await open({ approve: () => new Promise(() => undefined) });
    await supervisor.spawn("scribe", { input: "go" });
    await questions();
    expect((await told())[0]).not.toHaveProperty("unattended");
  });
});
