import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type AgentSpec, Supervisor } from "../../../src/index.ts";

const machine = new URL("../../fixtures/isolation/doer.ts", import.meta.url).href;
const doer = { machine, isolation: "process", memoryMb: 96 } as const;
const refused = { code: "OPTIONS_INVALID" };

describe("the bounds of an agent in a process", () => {
  let supervisor: Supervisor;
  beforeAll(async () => {
    supervisor = await Supervisor.start({ threads: 1 });
  });
  afterAll(() => supervisor.stop());
  const run = (spec: AgentSpec, reach: string) =>
    supervisor.run(spec, {
      input: { deed: "", reaches: [reach], file: import.meta.filename.slice(0, -3) },
    });

  it.each([
    { cpuSeconds: 0 },
    { cpuSeconds: 0.5 },
    { cpuSeconds: 31_536_001 },
    { openFiles: 63 },
    { openFiles: 1_048_577 },
    { isolation: "thread", cpuSeconds: 10 },
    { isolation: "shared", memoryMb: undefined, openFiles: 100 },
  ] as const)("are refused where they cannot hold: %j", async (bounds) => {
    await expect(run({ ...doer, ...bounds } as AgentSpec, "freezes")).rejects.toMatchObject(
      refused,
    );
  });

  it("end it when its processor time is used up, and say so", async () => {
    const outcome = await run(
      { ...doer, cpuSeconds: 1 },
      "uses more processor time than its `cpuSeconds`",
    );
    expect(outcome).toMatchObject({ status: "killed", error: { code: "HOST_LOST" } });
    expect(outcome).toMatchObject({ reason: expect.stringMatching(/used up its `cpuSeconds`/) });
  });

  it("let it open as many files as they say, and no more", async () => {
    const deed = "opens more files than its `openFiles`";
    const told = async (openFiles: number) => {
      const outcome = await run({ ...doer, openFiles }, deed);
      return outcome.status === "completed" && (outcome.output as Record<string, unknown>)[deed];
    };
    // The deed opens two hundred, beside those that Node holds.
    expect(await Promise.all([told(64), told(200), told(300)])).toEqual([
      "EMFILE",
      "EMFILE",
      "it could",
    ]);
  });
});
