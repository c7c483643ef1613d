import { afterEach, describe, expect, it } from "vitest";
import type { ModuleKind } from "../../src/hosts/host.ts";
import { type Listening, listen } from "../fixtures/hosts/listening.ts";

const open: Listening[] = [];
// The real runtime: what makes a module a machine is its business.
const start = (options: Parameters<typeof listen>[0] = {}): Listening => {
  const { entry, ...rest } = { entry: undefined, ...options };
  const listening = listen({ importTimeoutMs: 1_500, ...rest, ...(entry ? { entry } : real) });
  open.push(listening);
  return listening;
};
const real = { entry: new URL("../../workers/host.ts", import.meta.url) };
const url = (name: string): string =>
  new URL(`../fixtures/hosts/modules/${name}.ts`, import.meta.url).href;
const one = (name: string, kind: ModuleKind = "machine") => [{ url: url(name), kind }];

afterEach(async () => {
  await Promise.all(open.splice(0).map(({ hosts }) => hosts.stop()));
});

describe.each([
  ["on a user-code thread", { threads: 1 }],
  ["in the calling thread", { threads: 0 }],
])("the check of a module %s", (_, options) => {
  it("lets a machine and a model pass", async () => {
    const { hosts } = start(options);
    await hosts.verify([...one("good"), ...one("model", "model")]);
  });

  it.each([
    ["is missing", "nowhere", /nowhere/],
    ["throws", "throws", /this module throws/],
    ["exports no machine", "no-machine", /no-machine/],
    ["never finishes", "never", /never\.ts.*1500 ms/],
  ])("refuses a machine module that %s", async (_title, name, message) => {
    const { hosts } = start(options);
    const refused = hosts.verify(one(name));
    await expect(refused).rejects.toMatchObject({ code: "MACHINE_INVALID" });
    await expect(refused).rejects.toThrow(message);
  });

  it("refuses a bad model with the code of an option", async () => {
    const { hosts } = start(options);
    const refused = hosts.verify(one("throws", "model"));
    await expect(refused).rejects.toMatchObject({ code: "OPTIONS_INVALID" });
  });
});

describe("the check of a module on a user-code thread", () => {
  it.each([
    ["loops for ever", "loops", /1500 ms/],
    ["ends its thread", "exits", /exited with code 5/],
  ])("survives a module that %s", async (_, name, message) => {
    const { hosts, heard } = start({ threads: 1 });
    const refused = hosts.verify(one(name));
    await expect(refused).rejects.toMatchObject({ code: "MACHINE_INVALID" });
    await expect(refused).rejects.toThrow(message);
    await heard("lost user-code-1");
    await hosts.verify(one("good"));
  });

  it("remembers a good module, and asks no thread again", async () => {
    const { hosts, heard, log } = start({ threads: 1 });
    await hosts.verify(one("good"));
    hosts.pick("user-code").terminate("the test wants to know");
    await heard("lost user-code-1");
    await hosts.verify(one("good"));
    expect(log).toEqual(["started user-code-1", "lost user-code-1 the test wants to know"]);
  });

  it("touches no host that hosts somebody, and leaves no more hosts than wanted", async () => {
    const { hosts, heard, log } = start({ threads: 1 });
    const busy = hosts.pick("user-code");
    busy.load = 1;
    await expect(hosts.verify(one("loops"))).rejects.toThrow();
    await hosts.verify(one("good"));
    await heard("lost user-code-2");
    // The one that was only for the check is gone, and no loss.
    await expect.poll(() => hosts.list().map(({ id }) => id)).toEqual(["user-code-1"]);
    expect(busy.state).toBe("ready");
    expect(log.filter((entry) => entry.startsWith("lost user-code-3"))).toEqual([]);
    expect(log.filter((entry) => entry.startsWith("lost user-code-1"))).toEqual([]);
  });

  it("places nobody where a check runs", async () => {
    const { hosts } = start({ threads: 1 });
    const idle = hosts.pick("user-code");
    const checked = hosts.verify(one("good"));
    await Promise.resolve();
    expect(hosts.pick("user-code")).not.toBe(idle);
    await checked;
  });

  it("takes turns, and each caller hears of its own module", async () => {
    const { hosts } = start({ threads: 1 });
    const checks = ["good", "throws", "model"].map((name) => hosts.verify(one(name)));
    const settled = await Promise.allSettled(checks);
    expect(settled.map(({ status }) => status)).toEqual(["fulfilled", "rejected", "rejected"]);
  });

  it("ends with stop()", async () => {
    const { hosts } = start({ threads: 1, importTimeoutMs: 10_000 });
    const refused = hosts.verify(one("never"));
    const second = hosts.verify(one("good"));
    const expected = { code: "SUPERVISOR_STOPPED" };
    await Promise.all([
      expect(refused).rejects.toMatchObject(expected),
      expect(second).rejects.toMatchObject(expected),
      hosts.stop(),
    ]);
    expect(hosts.list()).toEqual([]);
  });
});
