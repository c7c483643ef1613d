import { expect, it } from "vitest";
import { openSupervisor } from "./open-supervisor.ts";
import { script } from "./scripts.ts";

const provider = new URL("../fixtures/hosts/modules/model.ts", import.meta.url).href;
// JSON, as it speaks for itself, and nothing that a thread can be sent.
const odd = { toJSON: () => "plain" };

it.each([0, 1])(
  "a model with an option that cannot be sent costs its agents alone, with %i threads",
  async (threads) => {
    const agents = {
      odd: { model: { provider, odd } as never },
      plain: { model: { provider } },
      fine: { model: script("fine") },
    };
    await using open = await openSupervisor({ threads, agents, graceMs: 200 });
    const { supervisor } = open;
    const names = ["odd", "plain", "fine", "odd"];
    const runs = names.map((name) => supervisor.run(name, { input: "go", timeoutMs: 60_000 }));
    const statuses = (await Promise.all(runs)).map(({ status }) => status);
    expect(statuses).toEqual(["failed", "completed", "completed", "failed"]);
    expect((await supervisor.run("odd", { input: "go", timeoutMs: 60_000 })).status).toBe("failed");
    expect(open.seen.filter(({ type }) => type === "runtime.fault")).toHaveLength(3);
  },
);
