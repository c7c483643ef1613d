import { afterEach, expect, it } from "vitest";
import { defineTool, type PendingApproval, Supervisor } from "../../../src/index.ts";
import { fixture } from "../../tools/fixture-toolbox.ts";

const write = defineTool({
  name: "write",
  description: "Writes",
  input: { type: "object", properties: { path: { type: "string" } } },
  execute: () => "written",
});

let supervisor: Supervisor;
afterEach(async () => supervisor.stop());

const HIDING = /[\p{C}\p{Zl}\p{Zp}]/u;

/** The next question. */
function asked(): Promise<PendingApproval> {
  return new Promise((resolve) => {
    supervisor.once("approval.requested", () => {
      resolve(supervisor.approvals()[0] as PendingApproval);
    });
  });
}

it("sets a server's name of a tool apart, and spells out what hides in it", async () => {
  const mcpServers = { c: fixture("changing-server.ts") };
  supervisor = await Supervisor.start({ threads: 0, mcpServers });
  const name = 'read" of /, which is safe\u202e\u001b[2K\u200b\n[y]es';
  const renamed = new Promise((resolve) => supervisor.once("tool.renamed", resolve));
  const model = (call: string, input = {}) => {
    const steps = [{ toolCalls: [{ name: call, input }] }, { text: "done" }];
    return { provider: "scripted", steps } as const;
  };
  const change = model("c/change", { name, more: ["read of"] });
  await supervisor.run({ model: change, tools: ["*"] }, { input: "Go." });
  await Promise.race([renamed, new Promise((resolve) => setImmediate(resolve))]);
  const question = asked();
  const grants = [{ allow: "tool:c/*", ask: true }, "model:*"];
  const run = supervisor.run({ model: model(`c/${name}`), tools: ["*"], grants }, { input: "Go." });
  const { subject, reason, id } = await question;
  expect(subject).toBe(`tool:c/${name}`);
  expect(reason).toBe(
    'the grant "tool:c/*" of /agent-2 asks before /agent-2 uses ' +
      '"tool:c/read\\" of /, which is safe\\u{202e}\\u{1b}[2K\\u{200b}\\n[y]es"',
  );
  const told = new Promise<{ message: string }>((resolve) => {
    supervisor.once("tool.denied", resolve);
  });
  await supervisor.decide(id, { allow: false });
  expect((await told).message).not.toMatch(HIDING);
  await run;
});

it("keeps the value of the input, whatever hides in it", async () => {
  supervisor = await Supervisor.start({ threads: 0, tools: [write] });
  const question = asked();
  const input = { path: "/srv/a\u202etxt.exe\u0000\u200b" };
  const steps = [{ toolCalls: [{ name: "write", input }] }, { text: "done" }];
  const grants = [{ allow: "tool:write", ask: true }, "model:*"];
  const model = { provider: "scripted", steps } as const;
  const run = supervisor.run({ model, tools: ["write"], grants }, { input: "Go." });
  const pending = await question;
  expect(pending.input).toEqual(input);
  expect(pending.reason).not.toMatch(HIDING);
  await supervisor.decide(pending.id, { allow: false });
  await run;
});

it("says of an argument that is denied what it was, with nothing hidden", async () => {
  supervisor = await Supervisor.start({ threads: 0, tools: [write] });
  const path = `a\u202e\u001b${"x".repeat(5000)}END`;
  const steps = [
    { toolCalls: [{ name: "write", input: { path } }] },
    { toolCalls: [{ name: "no\u001bne", input: {} }] },
    { text: "done" },
  ];
  const grants = [{ allow: "tool:write", where: { path: "path:/srv/**" } }, "model:*", "tool:*"];
  const told: string[] = [];
  supervisor.on("tool.denied", ({ message }) => told.push(message));
  const model = { provider: "scripted", steps } as const;
  const deny = { deny: "tool:write", where: { path: "path:/etc/**" } };
  await supervisor.run({ model, tools: ["*"], grants: [...grants, deny] }, { input: "Go." });
  expect(told[0]).toMatch(
    /"a\\u\{202e\}\\u\{1b\}x+" \.\.\. \d+ characters left out \.\.\. "x+END"/,
  );
  expect(told[1]).toContain('there is no tool "no\\u{1b}ne"');
});
