import * as coppice from "coppice";
import * as actor from "coppice/actor";
import * as door from "coppice/door";
import * as machines from "coppice/machines";
import * as testing from "coppice/testing";
import { describe, expect, it } from "vitest";
import { ERRORS } from "../../src/errors.ts";
import { EPHEMERAL, FACTS } from "../../src/wire/event.ts";

/** What users rely on, as frozen literals: a change here is a change for them. */
describe("the public surface", () => {
  it("has one module under two names for machines", () => {
    expect({ ...actor }).toEqual({ ...door });
    expect(actor.callTool).toBe(door.callTool);
  });

  it("exports these values", () => {
    expect(Object.keys(coppice).sort()).toEqual([
      "CoppiceError",
      "Supervisor",
      "defineComputeTool",
      "defineTool",
      "logTo",
    ]);
    expect(Object.keys(door).sort()).toEqual([
      "askAgent",
      "askHuman",
      "callModel",
      "callTool",
      "cancelAgent",
      "reply",
      "send",
      "sendMessage",
      "spawnAgent",
      "waitAgents",
      "watchAgent",
    ]);
    expect(Object.keys(machines).sort()).toEqual([
      "agentMachine",
      "budgetLogic",
      "capabilityLogic",
      "hostMachine",
      "mcpConnection",
    ]);
    expect(Object.keys(testing).sort()).toEqual([
      "ManualClock",
      "SimulationFailed",
      "TestProbe",
      "call",
      "scripted",
      "simulate",
    ]);
  });

  it("has these error codes", () => {
    expect(Object.keys(ERRORS).join(" ")).toBe(
      "DEPTH_EXCEEDED SPAWNS_EXCEEDED CHILDREN_EXCEEDED QUEUE_FULL AGENT_UNKNOWN NAME_INVALID " +
        "CAPABILITY_DENIED BUDGET_EXCEEDED APPROVAL_DENIED APPROVAL_TIMED_OUT APPROVAL_UNKNOWN " +
        "TOOL_UNKNOWN TOOL_INPUT_INVALID TOOL_FAILED TOOL_TIMED_OUT TOOL_OUTCOME_UNKNOWN " +
        "MODEL_FAILED LOOP_DETECTED TOO_MANY_ERRORS SCRIPT_EXHAUSTED MACHINE_INVALID " +
        "ASK_TIMED_OUT MAILBOX_FULL AGENT_STOPPED " +
        "RESTART_INTENSITY_EXCEEDED HOST_LOST OUT_OF_MEMORY CANCELLED STORE_LOCKED STORE_CORRUPT " +
        "OPTIONS_INVALID RUNTIME_FAULT SUPERVISOR_STOPPED",
    );
  });

  it("tells these events", () => {
    expect([...FACTS].join(" ")).toBe(
      "agent.spawned agent.started agent.state agent.moved agent.emitted agent.printed " +
        "agent.restarted agent.stopped spawn.queued " +
        "spawn.refused model.started model.finished model.retried turn.failed tool.requested " +
        "tool.denied tool.started tool.finished budget.warning budget.refused approval.requested " +
        "approval.decided cancel.requested cancel.closed cancel.signalled cancel.killed " +
        "letter.dead host.started host.suspect host.lost host.stuck mcp.connected mcp.lost " +
        "mcp.skipped tool.renamed tool.changed config.ineffective runtime.fault",
    );
    expect([...EPHEMERAL].join(" ")).toBe("agent.output tool.progress gap");
  });
});
