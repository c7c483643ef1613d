import { expect, it } from "vitest";
import { hold } from "../../bench/peers/contest.ts";
import type { Contestant } from "../../bench/peers/contestants.ts";

it("measures each in a process of its own, and who fails costs only itself", async () => {
  const contestants = ["coppice-0", "nobody" as Contestant, "port"] as const;
  const lines: string[] = [];
  const results = await hold(
    { contestants, agents: 2, runs: 1, warmUpMs: 1, rounds: 2 },
    (line) => void lines.push(line),
  );
  const sample = { us: expect.any(Number), cpuUs: expect.any(Number) };
  expect(Object.fromEntries(results)).toEqual({
    "coppice-0": [sample, sample],
    nobody: { failed: "nobody is called nobody" },
    port: [sample, sample],
  });
  expect(lines).toHaveLength(2);
});

it("ends who takes too long", async () => {
  const contest = { contestants: ["port"], agents: 1, runs: 1, warmUpMs: 0, rounds: 1 } as const;
  const results = await hold({ ...contest, roundMs: 1 }, () => undefined);
  expect(results.get("port")).toEqual({ failed: "took longer than 0.001 s" });
});
