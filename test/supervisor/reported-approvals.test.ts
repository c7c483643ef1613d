import { mkdirSync, mkdtempSync, realpathSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, describe, expect, it } from "vitest";
import { type Decision, defineTool, type Grant } from "../../src/index.ts";
import {
  asks,
  call,
  done,
  questions,
  results,
  scribe,
  start,
  supervisor,
} from "./approval-desk.ts";

afterEach(async () => supervisor.stop());

/** An agent that makes these calls in one turn. */
function atOnce(paths: readonly string[], grants: readonly Grant[] = asks) {
  const steps = [{ toolCalls: paths.map(call) }, { text: "done" }];
  return { ...scribe([]), model: { provider: "scripted", steps }, grants } as const;
}

/** Faults that users of other systems have reported, tried here. */
describe("approvals do not repeat what was reported elsewhere", () => {
  it("a folder's right reaches a folder whose name only begins alike", async () => {
    const folder = realpathSync(mkdtempSync(join(tmpdir(), "reported-")));
    for (const name of ["docs", "docs-evil"]) mkdirSync(join(folder, name));
    const where = { path: `path:${folder}/docs/**` };
    const grants = [{ allow: "tool:write", where, ask: true }, "model:*"];
    const paths = ["docs/a", "docs-evil/b"].map((path) => join(folder, path));
    await start({
      agents: { one: atOnce(paths, grants) },
      approve: () => ({ allow: true, scope: "always" }),
    });
    await supervisor.run("one", { input: "go" });
    expect(done).toEqual([paths[0]]);
    rmSync(folder, { recursive: true });
  });

  it("an allowed command is followed by another one behind a sign of the shell", async () => {
    const ran: string[] = [];
    const sh = defineTool({
      name: "sh",
      description: "Runs a command",
      input: { type: "object", properties: { cmd: { type: "string" } }, required: ["cmd"] },
      execute: ({ cmd }) => void ran.push(String(cmd)),
    });
    const where = { cmd: "cmd:git *" };
    const grants = ["tool:sh", { allow: "tool:sh", where, ask: true }, "model:*"];
    const commands = [
      "git log",
      "git log; rm a",
      "git log && rm b",
      "git log\nrm c",
      "git $(rm d)",
    ];
    const toolCalls = commands.map((cmd) => ({ name: "sh", input: { cmd } }));
    const steps = [...toolCalls.map((one) => ({ toolCalls: [one] })), { text: "done" }];
    let asked = 0;
    const approve = (): Decision => {
      asked += 1;
      return asked === 1 ? { allow: true, scope: "always" } : { allow: false };
    };
    const agent = { model: { provider: "scripted", steps }, tools: ["sh"], grants } as const;
    await start({ tools: [sh], agents: { agent }, approve });
    await supervisor.run("agent", { input: "go" });
    expect([asked, ran]).toEqual([commands.length, ["git log"]]);
  });

  it("a yes to one of several equal calls runs the others too", async () => {
    await start({ agents: { one: atOnce(["same", "same", "same"]) } });
    const run = supervisor.run("one", { input: "go" });
    const asked = await questions(3);
    await supervisor.decide(asked[1]?.id ?? "", { allow: true });
    await expect.poll(() => done).toEqual(["same"]);
    expect(supervisor.approvals().map(({ id }) => id)).toEqual([asked[0]?.id, asked[2]?.id]);
    await supervisor.decide([asked[0]?.id ?? "", asked[2]?.id ?? ""], { allow: false });
    await run;
    expect(done).toEqual(["same"]);
  });

  it("answers are matched by their order, not by what they answer", async () => {
    await start({ agents: { one: atOnce(["a", "b", "c"]) } });
    const run = supervisor.run("one", { input: "go" });
    const asked = await questions(3);
    for (const { id, input } of [...asked].reverse()) {
      const isB = (input as { readonly path?: string }).path === "b";
      await supervisor.decide(id, { allow: isB });
    }
    await run;
    expect(done).toEqual(["b"]);
  });

  it("a call runs twice because it was answered twice, or by two at once", async () => {
    const approve = async ({ id }: { readonly id: string }): Promise<Decision> => {
      await supervisor.decide(id, { allow: true });
      return { allow: true };
    };
    await start({ agents: { one: atOnce(["a"]) }, approve });
    supervisor.on("approval.requested", ({ id }) => {
      queueMicrotask(() => void supervisor.decide(id, { allow: true }));
    });
    await supervisor.run("one", { input: "go" });
    expect(done).toEqual(["a"]);
  });

  it("the last of two answers counts", async () => {
    const approve = async ({ id }: { readonly id: string }): Promise<Decision> => {
      await supervisor.decide(id, { allow: false, reason: "first" });
      return { allow: true };
    };
    await start({ agents: { one: atOnce(["a"]) }, approve });
    const codes = results();
    await supervisor.run("one", { input: "go" });
    expect([codes, done]).toEqual([["APPROVAL_DENIED"], []]);
  });

  it("an answer changed behind one's back is what counts", async () => {
    await start({ agents: { one: atOnce(["a"]) } });
    const run = supervisor.run("one", { input: "go" });
    const [asked] = await questions();
    const decision = { allow: false };
    const decided = supervisor.decide(asked?.id ?? "", decision);
    decision.allow = true;
    await decided;
    await run;
    expect(done).toEqual([]);
  });

  it("what was allowed runs though its agent is paused", async () => {
    await start({ agents: { one: atOnce(["a"]) } });
    const run = supervisor.run("one", { input: "go" });
    const [asked] = await questions();
    await supervisor.pause("/one");
    await supervisor.decide(asked?.id ?? "", { allow: true });
    await new Promise((resolve) => setImmediate(resolve));
    expect(done).toEqual([]);
    await supervisor.resume("/one");
    await run;
    expect(done).toEqual(["a"]);
  });

  it("a yes to an agent that ended holds for the next one of its name", async () => {
    await start({ agents: { one: atOnce(["a"]) } });
    const ref = await supervisor.spawn("one", { input: "go" });
    const [first] = await questions();
    await ref.cancel();
    const run = supervisor.run("one", { input: "go" });
    const [second] = await questions();
    expect(second?.id).not.toBe(first?.id);
    const late = supervisor.decide(first?.id ?? "", { allow: true, scope: "always" });
    await expect(late).rejects.toMatchObject({ code: "APPROVAL_UNKNOWN" });
    expect(supervisor.approvals()).toHaveLength(1);
    await supervisor.decide(second?.id ?? "", { allow: false });
    await run;
    expect(done).toEqual([]);
  });

  it("a call waits for ever because a callback hangs, and so does stop()", async () => {
    await start({ agents: { one: atOnce(["a"]) }, approve: () => new Promise(() => undefined) });
    const ref = await supervisor.spawn("one", { input: "go" });
    await questions();
    await supervisor.stop();
    expect((await ref.outcome).status).toBe("cancelled");
    expect(done).toEqual([]);
  });
});
