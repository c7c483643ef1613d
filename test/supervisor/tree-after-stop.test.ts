import { expect, it } from "vitest";
import { Supervisor } from "../../src/index.ts";
import type { TreeNode } from "../../src/supervisor/tree-node.ts";
import { script } from "./scripts.ts";

const statuses = ({ status, children }: TreeNode): string[] => [
  status,
  ...children.flatMap(statuses),
];

it.each([0, 1])(
  "says of nobody that it runs once it has stopped, with %i threads",
  async (threads) => {
    const slow = { model: { provider: "scripted", steps: [{ text: "late", delayMs: 3_600_000 }] } };
    const agents = { slow, quick: { model: script("done") } };
    const supervisor = await Supervisor.start({ threads, folder: false, agents });
    await supervisor.run("quick", { input: "go" });
    await supervisor.spawn("slow", { input: "go" });
    expect(supervisor.tree().status).toBe("running");
    const stopped = supervisor.stop();
    expect(supervisor.tree().status).toBe("stopping");
    await stopped;
    expect(statuses(supervisor.tree())).toEqual(["stopped", "stopped", "stopped"]);
    const { stopped: count, ...others } = supervisor.stats().agents;
    expect([count, new Set(Object.values(others))]).toEqual([2, new Set([0])]);
  },
);
