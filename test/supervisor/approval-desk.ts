import { defineTool, type PendingApproval, Supervisor } from "../../src/index.ts";
import type { SupervisorOptions } from "../../src/specs/supervisor-options.ts";

/** What the tool `write` has done since the last start. */
export const done: string[] = [];
const write = defineTool({
  name: "write",
  description: "Writes",
  input: { type: "object", properties: { path: { type: "string" } }, required: ["path"] },
  execute: ({ path }) => {
    done.push(String(path));
    return `wrote ${path}`;
  },
});
export const call = (path: string) => ({ name: "write", input: { path } });
export const asks = [{ allow: "tool:write", ask: true }, "model:*"];

/** An agent that writes these, one turn each, and is asked about. */
export function scribe(paths: readonly string[]) {
  const steps = [...paths.map((path) => ({ toolCalls: [call(path)] })), { text: "done" }];
  return { model: { provider: "scripted", steps }, tools: ["write"], grants: asks } as const;
}

/** The supervisor of the test under way. */
export let supervisor: Supervisor;

export async function start(options: SupervisorOptions): Promise<Supervisor> {
  done.length = 0;
  supervisor = await Supervisor.start({ threads: 0, tools: [write], ...options });
  return supervisor;
}

/** Resolves with the open questions once there are `count`. */
export function questions(count = 1): Promise<readonly PendingApproval[]> {
  return new Promise((resolve) => {
    const look = () => {
      if (supervisor.approvals().length >= count) resolve(supervisor.approvals());
    };
    supervisor.on("approval.requested", look);
    look();
  });
}

/** What each tool call came to. */
export function results(): (string | undefined)[] {
  const codes: (string | undefined)[] = [];
  supervisor.on("tool.denied", ({ code }) => codes.push(code));
  supervisor.on("tool.finished", ({ isError }) => codes.push(isError ? "failed" : "ok"));
  return codes;
}
