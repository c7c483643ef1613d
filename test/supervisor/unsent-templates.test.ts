import { expect, it } from "vitest";
import { openSupervisor } from "./open-supervisor.ts";
import { script } from "./scripts.ts";

const provider = new URL("../fixtures/hosts/modules/model.ts", import.meta.url).href;

it.each([0, 1])(
  "an option of a model that speaks for itself is sent as it speaks, with %i threads",
  async (threads) => {
    const agents = {
      odd: { model: { provider, odd: { toJSON: () => "plain" } } },
      plain: { model: { provider } },
      fine: { model: script("fine") },
    };
    await using open = await openSupervisor({ threads, agents, graceMs: 200 });
    const { supervisor } = open;
    const runs = ["odd", "plain", "fine", "odd"].map((name) => {
      return supervisor.run(name, { input: "go", timeoutMs: 60_000 });
    });
    const statuses = (await Promise.all(runs)).map(({ status }) => status);
    expect(statuses).toEqual(["completed", "completed", "completed", "completed"]);
    expect(open.seen.filter(({ type }) => type === "runtime.fault")).toEqual([]);
  },
);

it("an option of a model that JSON cannot say is refused at the start, by its path", async () => {
  const agents = { odd: { model: { provider, odd: { deep: [() => 1] } } as never } };
  const refused = openSupervisor({ threads: 1, agents });
  await expect(refused).rejects.toMatchObject({ code: "OPTIONS_INVALID" });
  await expect(refused).rejects.toThrow(/model\.odd: must be plain JSON.*deep/s);
});
