import {
  type AgentSpec,
  defineComputeTool,
  defineTool,
  type Supervisor,
  type SupervisorOptions,
} from "coppice";
import { call, type SimulateOptions, SimulationFailed, scripted, simulate } from "coppice/testing";
import { describe, expect, it } from "vitest";

const noFaults = { crash: 0, freeze: 0, cancel: 0, pause: 0, stop: 0 };
const calm = { ...noFaults, toolFailure: 0, toolSilence: 0, lateness: 0 };
const input = { type: "object", properties: {} };

const primes = defineComputeTool({
  name: "primes",
  description: "Counts primes.",
  input,
  module: "file:///no-such-module.ts",
});

/** A lead that calls a tool twice at once. */
function swarmOf(execute: () => string, spec: Partial<AgentSpec> = {}): SupervisorOptions {
  const note = defineTool({ name: "note", description: "Notes.", input, execute });
  const lead = { model: scripted([[call("note"), call("note")], "Done."]), tools: ["note"] };
  return { tools: [note], agents: { lead: { ...lead, ...spec } } };
}

async function runLead(supervisor: Supervisor): Promise<void> {
  await supervisor.run("lead", { input: "Go." });
}

async function failureOf(options: SimulateOptions): Promise<SimulationFailed> {
  const thrown = await simulate(options).catch((error: unknown) => error);
  expect(thrown).toBeInstanceOf(SimulationFailed);
  return thrown as SimulationFailed;
}

describe("simulate", () => {
  it("runs a user's swarm to its end, once for each seed", async () => {
    const seeds: number[] = [];
    const outcomes: string[] = [];
    const result = await simulate({
      seeds: 5,
      from: 11,
      faults: calm,
      swarm: () => swarmOf(() => "ok"),
      drive: async (supervisor, { seed }) => {
        seeds.push(seed);
        outcomes.push((await supervisor.run("lead", { input: "Go." })).status);
      },
    });
    expect(seeds).toEqual([11, 12, 13, 14, 15]);
    expect(outcomes).toEqual(Array.from({ length: 5 }, () => "completed"));
    expect(result.schedules).toBe(5);
    expect(result.steps).toBeGreaterThan(25);
  });

  it("finds the order in which a user's own invariant breaks, and shows it again", async () => {
    let open = 0;
    const work = defineTool({
      name: "note",
      description: "Notes.",
      input,
      execute: async (_input, { path }) => {
        open += 1;
        await simulated?.turn(`${path} works`);
        open -= 1;
        return "ok";
      },
    });
    let simulated: { turn(what?: string): Promise<void> } | undefined;
    const options: SimulateOptions = {
      seeds: 50,
      faults: calm,
      swarm: () => {
        open = 0;
        return { ...swarmOf(() => ""), tools: [work] };
      },
      drive: (supervisor, simulation) => {
        simulated = simulation;
        return runLead(supervisor);
      },
      invariants: [
        {
          name: "one at a time",
          ofStep: () => (open > 1 ? `${open} are at work` : undefined),
        },
      ],
    };
    const failure = await failureOf(options);
    expect(failure.invariant).toBe("one at a time");
    expect(failure.message).toMatch(/^Seed \d+, step \d+: "one at a time" is not so: 2 are at/);
    expect(failure.message).toContain("tool.started /lead /lead#1.2");
    expect(failure.message).toContain(`simulate({ ...options, seed: ${failure.seed} })`);
    const again = await failureOf({ ...options, seed: failure.seed });
    expect(again.message).toBe(failure.message);
  });

  it("asks an invariant of each event, at rest and at the end", async () => {
    const asked = new Set<string>();
    const note = (what: string) => (): undefined => void asked.add(what);
    await simulate({
      seeds: 1,
      faults: calm,
      swarm: () => swarmOf(() => "ok"),
      drive: runLead,
      invariants: [
        { name: "x", ofEvent: note("event"), ofStep: note("step"), atRest: note("rest") },
        { name: "y", atEnd: ({ history }) => void asked.add(`end ${history.agents.size}`) },
      ],
    });
    expect([...asked].sort()).toEqual(["end 1", "event", "rest", "step"]);
  });

  it("has hosts crash and freeze, without a call made twice or an agent lost", async () => {
    const events = new Set<string>();
    let calls = 0;
    await simulate({
      seeds: 60,
      faults: { ...calm, crash: 0.1, freeze: 0.1 },
      swarm: () => {
        calls = 0;
        const count = (): string => {
          calls += 1;
          return "ok";
        };
        return swarmOf(count);
      },
      drive: async (supervisor) => {
        supervisor.on("*", ({ type }) => void events.add(type));
        const { status } = await supervisor.run("lead", { input: "Go." });
        if (status === "completed") expect(calls).toBe(2);
      },
    });
    expect([...events]).toEqual(expect.arrayContaining(["host.lost", "host.suspect"]));
  });

  it("has tools fail and be silent", async () => {
    const codes = new Set<unknown>();
    const drive = async (supervisor: Supervisor): Promise<void> => {
      supervisor.on("tool.finished", ({ error }) => void codes.add(error?.code));
      await runLead(supervisor);
    };
    const swarm = () => swarmOf(() => "ok");
    await simulate({ seeds: 2, faults: { ...calm, toolFailure: 1 }, swarm, drive });
    expect([...codes]).toEqual(["TOOL_FAILED"]);
    await simulate({ seeds: 2, faults: { ...calm, toolSilence: 1 }, swarm, drive });
    expect([...codes]).toEqual(["TOOL_FAILED", "TOOL_TIMED_OUT"]);
  });

  it("lets a drive that meets a stopped supervisor go", async () => {
    let stopped = 0;
    await simulate({
      seeds: 20,
      faults: { ...calm, stop: 0.3 },
      swarm: () => swarmOf(() => "ok"),
      drive: async (supervisor, simulation) => {
        for (let run = 0; run < 5; run += 1) {
          await simulation.turn();
          stopped += supervisor.health().ready ? 0 : 1;
          await runLead(supervisor);
        }
      },
    });
    expect(stopped).toBeGreaterThan(0);
  });

  it("fails when the drive throws, with what it threw", async () => {
    const failure = await failureOf({
      seeds: 1,
      swarm: () => swarmOf(() => "ok"),
      drive: () => {
        throw new TypeError("the drive is wrong");
      },
    });
    expect(failure.invariant).toBe("the drive ends");
    expect(failure.cause).toBeInstanceOf(TypeError);
  });

  it("fails when the drive waits for what never happens", async () => {
    const failure = await failureOf({
      seeds: 1,
      swarm: () => swarmOf(() => "ok"),
      drive: () => new Promise(() => undefined),
    });
    expect(failure.message).toContain('"everything comes to rest" is not so: nothing can happen');
  });

  it("fails when a swarm never comes to rest", async () => {
    const machine = new URL("../fixtures/simulation/restless.ts", import.meta.url).href;
    const failure = await failureOf({
      seeds: 1,
      faults: calm,
      mostSteps: 200,
      swarm: () => ({ agents: { lead: { machine } } }),
      drive: async (supervisor) => void (await supervisor.spawn("lead")),
    });
    expect(failure.message).toContain("it takes more than 200 steps");
  });

  it.each([
    ["an MCP server", { mcpServers: { files: { command: "no-such-program" } } }],
    ["the inspector", { inspect: true }],
    ["a compute tool", { tools: [primes] }],
  ])("refuses %s, which lives in real time", async (_what, options) => {
    const swarm = (): SupervisorOptions => options;
    await expect(simulate({ swarm, drive: () => undefined })).rejects.toMatchObject({
      code: "OPTIONS_INVALID",
    });
  });

  it.each([
    ["seeds", { seeds: -1 }],
    ["seeds", { seeds: 1.5 }],
    ["from", { from: Number.NaN }],
    ["a rate", { faults: { crash: 2 } }],
    ["a rate", { faults: { stop: Number.NaN } }],
  ])("refuses %s that make no sense: %o", async (_what, options) => {
    const swarm = () => swarmOf(() => "ok");
    await expect(simulate({ swarm, drive: runLead, ...options })).rejects.toMatchObject({
      code: "OPTIONS_INVALID",
    });
  });

  it("runs nothing for no seeds", async () => {
    const swarm = () => swarmOf(() => "ok");
    const none = await simulate({ seeds: 0, swarm, drive: runLead });
    expect(none).toEqual({ schedules: 0, steps: 0 });
  });
});
