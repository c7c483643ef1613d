import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { defineTool, type EventOf, Supervisor } from "../../src/index.ts";
import type { SupervisorOptions } from "../../src/specs/supervisor-options.ts";

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "coppice-folder-"));
});
afterEach(() => rmSync(folder, { recursive: true }));

const add = defineTool({ name: "add", description: "Adds", input: {}, execute: () => 5 });
const twice = { toolCalls: [{ name: "add", input: {} }] };
const model = { provider: "scripted", steps: [twice, twice, { text: "done" }] } as const;
const worker = { model, tools: ["add"] };

function writeBounds(config: unknown): void {
  const text = typeof config === "string" ? config : JSON.stringify(config);
  writeFileSync(join(folder, "coppice.config.json"), text);
}

const start = (options: SupervisorOptions = {}) =>
  Supervisor.start({
    ...{ threads: 0, tools: [add], agents: { worker }, folder },
    ...options,
  });

/** The codes of refused calls, and how the run ended. */
async function run(supervisor: Supervisor): Promise<readonly string[]> {
  const codes: string[] = [];
  supervisor.on("tool.denied", ({ code }) => codes.push(code));
  const outcome = await supervisor.run("worker", { input: "go" });
  return [...codes, outcome.status];
}

describe("coppice.config.json", () => {
  it("bounds nothing where there is none", async () => {
    await using supervisor = await start();
    expect(await run(supervisor)).toEqual(["completed"]);
  });

  it("tightens the options' budget, and is tightened by it", async () => {
    writeBounds({ budget: { toolCalls: 1 } });
    await using looser = await start({ budget: { toolCalls: 10 } });
    expect(await run(looser)).toEqual(["BUDGET_EXCEEDED", "completed"]);
    await using tighter = await start({ budget: { toolCalls: 0 } });
    expect(await run(tighter)).toEqual(["BUDGET_EXCEEDED", "BUDGET_EXCEEDED", "completed"]);
  });

  it.each([
    [undefined, ["BUDGET_EXCEEDED", "completed"], 1],
    ["ask", ["completed"], 11],
  ] as const)(
    "is not lifted by a person unless it says so itself: %s",
    async (asks, ends, limit) => {
      const onExceeded = asks === undefined ? {} : { onExceeded: asks };
      writeBounds({ budget: { toolCalls: 1, ...onExceeded } });
      const approve = () => ({ allow: true, answer: 10 });
      const budget = { toolCalls: 10, onExceeded: "ask" } as const;
      await using supervisor = await start({ budget, approve });
      expect(await run(supervisor)).toEqual(ends);
      expect(supervisor.budget().toolCalls.limit).toBe(limit);
    },
  );

  it("bounds what a person can add to a tighter budget of the options", async () => {
    writeBounds({ budget: { toolCalls: 2 } });
    const approve = () => ({ allow: true, answer: 10 });
    await using supervisor = await start({ budget: { toolCalls: 1, onExceeded: "ask" }, approve });
    expect(await run(supervisor)).toEqual(["completed"]);
    expect(supervisor.budget().toolCalls).toMatchObject({ limit: 2, spent: 2 });
  });

  it("tightens limits, also the default ones, and widens none", async () => {
    writeBounds({ limits: { depth: 0 } });
    await using supervisor = await start({ limits: { depth: 9 } });
    const refused = supervisor.spawn("worker", { input: "go" });
    await expect(refused).rejects.toMatchObject({ code: "DEPTH_EXCEEDED" });
  });

  it.each([
    ["a list of denies takes away", [{ deny: "tool:add" }]],
    ["a list of allows is all there is", ["model:*"]],
  ])("narrows grants: %s", async (_what, grants) => {
    writeBounds({ grants });
    await using supervisor = await start();
    expect((await run(supervisor)).at(0)).toBe("CAPABILITY_DENIED");
  });

  it("says what would have widened a tighter bound", async () => {
    writeBounds({
      limits: { depth: 10, children: 3 },
      budget: { usd: 1, perAction: { usd: 0.1 } },
    });
    const spec = { ...worker, limits: { children: 7 } };
    await using supervisor = await start({
      agents: { worker: spec },
      budget: { usd: 2, perAction: { usd: 1 } },
    });
    const told: EventOf<"config.ineffective">[] = [];
    for await (const event of supervisor.events({ since: 0 })) {
      if (event.type === "config.ineffective") told.push(event as EventOf<"config.ineffective">);
      if (told.length === 4) break;
    }
    const rows = told.map(({ layer, option, asked, holds }) => [layer, option, asked, holds]);
    expect(rows).toEqual([
      ["folder", "limits.depth", 10, 4],
      ["options", "budget.usd", 2, 1],
      ["options", "budget.perAction.usd", 1, 0.1],
      ["agents.worker", "limits.children", 7, 3],
    ]);
  });

  it.each([
    ["no JSON", "{ limits"],
    ["an unknown field", { threads: 9 }],
    ["a module", { agents: { x: { machine: "file:///x.ts" } } }],
    ["a server", { mcpServers: {} }],
    ["a negative limit", { limits: { depth: -1 } }],
    ["an unknown grant", { grants: ["add"] }],
  ])("is refused with %s", async (_what, config) => {
    writeBounds(config);
    await expect(start()).rejects.toMatchObject({ code: "OPTIONS_INVALID" });
  });

  it("is not read where it is switched off", async () => {
    writeBounds("no JSON");
    await using supervisor = await start({ folder: false });
    expect(await run(supervisor)).toEqual(["completed"]);
  });
});
