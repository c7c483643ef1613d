import { existsSync, mkdtempSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, describe, expect, it } from "vitest";
import { ManualClock } from "../../src/testing/manual-clock.ts";
import { type Listening, listen } from "../fixtures/hosts/listening.ts";

const open: Listening[] = [];
const start = (...options: Parameters<typeof listen>): Listening => {
  const listening = listen(...options);
  open.push(listening);
  return listening;
};
afterEach(async () => {
  await Promise.all(open.splice(0).map(({ hosts }) => hosts.stop()));
});

describe("a host on a thread", () => {
  it("answers what was posted before its thread had started", async () => {
    const { hosts, log, tell, heard } = start();
    const host = hosts.pick("library");
    tell(host, "echo", "early");
    expect(host.state).toBe("starting");
    await heard('said library-1 "early"');
    await heard("started library-1");
    expect(host.state).toBe("ready");
    expect(log).toHaveLength(2);
  });

  it("reads the cancel flags, also those grown after it started", async () => {
    const { hosts, cancelFlags, tell, heard } = start();
    const host = hosts.pick("library");
    await heard("started");
    cancelFlags.grow(4_096);
    new Int32Array(cancelFlags)[1_000] = 7;
    tell(host, "cancelFlag", 1_000);
    await heard('said library-1 {"length":1024,"cancelFlag":7}');
  });

  it("gives a library host the two keys and nothing else, a user-code host nothing", async () => {
    const env = { ANTHROPIC_API_KEY: "k", ANTHROPIC_BASE_URL: "u", HOME: "/x" };
    const { hosts, tell, heard } = start({ env });
    tell(hosts.pick("library"), "env");
    tell(hosts.pick("user-code"), "env");
    tell(hosts.pick("library"), "keys");
    await heard('said library-1 [["ANTHROPIC_API_KEY","k"],["ANTHROPIC_BASE_URL","u"]]');
    await heard('said library-1 ["ANTHROPIC_API_KEY","ANTHROPIC_BASE_URL"]');
    await heard("said user-code-2 []");
  });

  it("is listened to by the system's time, however far another clock is turned on", async () => {
    const clock = new ManualClock();
    const { hosts, heard } = start({ clock });
    const host = hosts.pick("library");
    await heard("started library-1");
    clock.advance(3_600_000);
    expect(host.state).toBe("ready");
  });

  it("refuses at once what JSON cannot say", () => {
    const host = start().hosts.pick("library");
    const message = { items: [1n] } as never;
    expect(() => host.post(message)).toThrow(TypeError);
  });
});

describe("threads are chosen", () => {
  it("opens a second host only when the first is in use, and no third", () => {
    const { hosts } = start();
    const first = hosts.pick("library");
    expect(hosts.pick("library")).toBe(first);
    first.load = 1;
    const second = hosts.pick("library");
    expect(second).not.toBe(first);
    second.load = 2;
    expect(hosts.pick("library")).toBe(first);
    first.load = 3;
    expect(hosts.pick("library")).toBe(second);
    expect(hosts.list().map(({ id, agents }) => [id, agents])).toEqual([
      ["library-1", 3],
      ["library-2", 2],
    ]);
  });

  it("keeps user code on hosts of its own", () => {
    const { hosts } = start({ threads: 1 });
    const library = hosts.pick("library");
    const userCode = hosts.pick("user-code");
    expect([library.kind, userCode.kind]).toEqual(["library", "user-code"]);
    userCode.load = 5;
    expect(hosts.pick("user-code")).toBe(userCode);
  });
});

describe("the death of a thread", () => {
  const frames = (listening: Listening, id: string): string[] =>
    listening.log.filter((entry) => entry.startsWith(`said ${id} `));

  it.each([
    ["exit", "lost library-1 its thread exited with code 3"],
    ["throw", "lost library-1 a bad day"],
  ])(
    "by %s is told after the last frame it posted, and its neighbour goes on",
    async (deed, lost) => {
      const listening = start();
      const { hosts, log, tell, heard } = listening;
      const host = hosts.pick("library");
      host.load = 1;
      const neighbour = hosts.pick("library");
      await Promise.all([heard("started library-1"), heard("started library-2")]);
      tell(host, deed, 2_000);
      expect(await heard("lost")).toBe(lost);
      expect(frames(listening, "library-1")).toHaveLength(2_000);
      expect(log.at(-1)).toBe(lost);
      expect(host.state).toBe("gone");
      tell(neighbour, "echo", "still here");
      await heard('said library-2 "still here"');
    },
  );

  it("by order is told after its exit, and the next pick gets a new thread", async () => {
    const listening = start({ threads: 1 });
    const { hosts, tell, heard } = listening;
    const host = hosts.pick("library");
    tell(host, "spin");
    await heard('said library-1 "spinning"');
    host.terminate("it spins");
    host.terminate("said again");
    expect(host.state).toBe("terminating");
    const next = hosts.pick("library");
    expect(next.id).toBe("library-2");
    tell(next, "echo", "new");
    await heard('said library-2 "new"');
    expect(await heard("lost")).toBe("lost library-1 it spins");
    expect(hosts.list().map(({ id }) => id)).toEqual(["library-2"]);
  });

  it("before its thread was up leaves nothing behind", async () => {
    const { hosts, heard } = start({ threads: 1 });
    hosts.pick("library").terminate("too early");
    expect(await heard("lost")).toBe("lost library-1 too early");
    hosts.pick("library");
    await heard("started library-2");
  });

  it("of as many as there may be lets the next one wait until they are gone", async () => {
    const { hosts, log, tell, heard } = start({ threads: 1 });
    for (let n = 1; n <= 15; n += 1) hosts.pick("library").terminate("no use");
    tell(hosts.pick("library"), "echo", "next");
    await heard('said library-16 "next"');
    const lost = log.filter((entry) => entry.startsWith("lost"));
    expect(lost.toSorted()).toEqual(
      Array.from({ length: 15 }, (_, n) => `lost library-${n + 1} no use`).toSorted(),
    );
  });

  it("that its module caused while loading is told with the module's error", async () => {
    const entry = new URL("../fixtures/hosts/broken-entry.ts", import.meta.url);
    const { hosts, heard } = start({ entry });
    hosts.pick("library");
    expect(await heard("lost")).toContain("this entry is broken");
  });

  it("comes to a host that posts what JSON cannot say", async () => {
    const { hosts, tell, heard } = start();
    tell(hosts.pick("library"), "unsayable");
    await heard("lost library-1");
  });
});

describe("a thread that cannot be interrupted", () => {
  const block = async ({ hosts, tell }: Listening, seconds: number) => {
    const file = join(mkdtempSync(join(tmpdir(), "coppice-")), "blocking");
    const host = hosts.pick("library");
    tell(host, "block", { file, seconds });
    await expect.poll(() => existsSync(file)).toBe(true);
    return host;
  };

  it("is reported stuck, replaced, and lost when it exits after all", async () => {
    const listening = start({ threads: 1, killMs: 200 });
    const { hosts, log, tell, heard } = listening;
    const host = await block(listening, 1.5);
    host.terminate("it blocks");
    await heard("stuck library-1");
    expect(hosts.list()).toContainEqual({
      id: "library-1",
      kind: "library",
      state: "stuck",
      agents: 0,
    });
    tell(hosts.pick("library"), "echo", "instead");
    await heard('said library-2 "instead"');
    await heard("lost library-1 it blocks");
    expect(log.filter((entry) => entry.startsWith("lost"))).toHaveLength(1);
  });

  it("does not hold up stop()", async () => {
    const listening = start({ threads: 1, killMs: 200 });
    await block(listening, 3);
    const before = performance.now();
    await listening.hosts.stop();
    expect(performance.now() - before).toBeLessThan(1_500);
    expect(listening.log.at(-1)).toBe("stuck library-1");
  });
});

describe("stop", () => {
  it("lets hosts close what they run, then ends them without a word of loss", async () => {
    const { hosts, log, heard } = start();
    hosts.pick("library");
    hosts.pick("user-code");
    await Promise.all([heard("started library-1"), heard("started user-code-2")]);
    await hosts.stop();
    await hosts.stop();
    expect(hosts.list()).toEqual([]);
    expect(log.slice(2).sort()).toEqual(['said library-1 "closed"', 'said user-code-2 "closed"']);
    expect(() => hosts.pick("library")).toThrow(
      expect.objectContaining({ code: "SUPERVISOR_STOPPED" }),
    );
  });
});
