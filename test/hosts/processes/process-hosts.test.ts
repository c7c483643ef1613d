import { spawn } from "node:child_process";
import { once } from "node:events";
import { fileURLToPath } from "node:url";
import { afterEach, describe, expect, it } from "vitest";
import type { Host } from "../../../src/hosts/host.ts";
import { type Listening, listen } from "../../fixtures/hosts/listening.ts";
import { isAlive } from "../../tools/fixture-toolbox.ts";

const processEntry = new URL("../../fixtures/hosts/stand-in-process.ts", import.meta.url);
const alone = { level: "process" } as const;

const open: Listening[] = [];
const start = (options: Parameters<typeof listen>[0] = {}): Listening => {
  const listening = listen({ threads: 1, processEntry, ...options });
  open.push(listening);
  return listening;
};
afterEach(async () => {
  await Promise.all(open.splice(0).map(({ hosts }) => hosts.stop()));
});

const pidOf = async ({ tell, heard }: Listening, host: Host): Promise<number> => {
  tell(host, "pid");
  return Number((await heard(`said ${host.id} `)).split(" ").at(-1));
};

describe("a host in a process", () => {
  it("answers what was posted before it had started, and says where it is", async () => {
    const { hosts, tell, heard } = start();
    const host = hosts.pick("library", alone);
    tell(host, "echo", "early");
    expect(host.state).toBe("starting");
    await heard('said library-1 "early"');
    await heard("started library-1");
    expect(hosts.list()).toEqual([
      { id: "library-1", kind: "library", state: "ready", agents: 0, isolation: "process" },
    ]);
  });

  it("has the two keys and nothing else on a library host, nothing elsewhere", async () => {
    const env = { ANTHROPIC_API_KEY: "k", ANTHROPIC_BASE_URL: "u", HOME: "/x" };
    const { hosts, tell, heard } = start({ env });
    tell(hosts.pick("library", alone), "env");
    tell(hosts.pick("user-code", alone), "env");
    await heard('said library-1 [["ANTHROPIC_API_KEY","k"],["ANTHROPIC_BASE_URL","u"]]');
    await heard("said user-code-2 []");
  });

  it("is a new one for each agent, beside those that are shared", () => {
    const { hosts } = start();
    const shared = hosts.pick("user-code");
    const [first, second] = [hosts.pick("user-code", alone), hosts.pick("user-code", alone)];
    expect(new Set([shared, first, second]).size).toBe(3);
    expect(hosts.pick("user-code")).toBe(shared);
  });

  it("has its cancel flag set before what came together with the end of its agent", async () => {
    const { hosts, tell, heard } = start();
    const host = hosts.pick("user-code", alone);
    const deliver = (n: number, body: object) =>
      ({ type: "deliver", path: "/a", incarnation: 1, n, body }) as never;
    const ask = { type: "message", from: "/", message: ["cancelFlag", 0] };
    host.post({ items: [deliver(1, ask)] });
    await heard('said user-code-1 {"length":1,"cancelFlag":0}');
    // While it is busy both arrive.
    tell(host, "busy", 300);
    await heard('said user-code-1 "busy"');
    host.post({ items: [deliver(2, ask)] });
    host.post({ items: [deliver(3, { type: "end", status: "cancelled", reason: "enough" })] });
    await heard('said user-code-1 {"length":1,"cancelFlag":1}');
  });

  it("is heard to the last frame that it sent before it ended itself", async () => {
    const { hosts, log, tell, heard } = start();
    const host = hosts.pick("user-code", alone);
    tell(host, "exit", 50);
    await heard("lost user-code-1 its process exited with code 3");
    expect(log.filter((entry) => entry.startsWith("said"))).toHaveLength(50);
    expect(host.state).toBe("gone");
  });

  it("tells with what error it died", async () => {
    const { hosts, tell, heard } = start();
    tell(hosts.pick("user-code", alone), "throw", 1);
    await heard("lost user-code-1 its process exited with code 1: Error: a bad day");
  });

  it("that speaks rubbish is ended, and nobody else", async () => {
    const { hosts, tell, heard } = start();
    const [bad, good] = [hosts.pick("user-code", alone), hosts.pick("user-code", alone)];
    tell(bad, "rubbish");
    await heard("lost user-code-1 it sent what cannot be read: a packet of 4294967295 bytes");
    tell(good, "echo", "well");
    await heard('said user-code-2 "well"');
  });

  it.each(["spins", "is stopped by the system"])("that %s is lost after its grace", async (how) => {
    const listening = start({ heartbeatMs: 100, graceMs: 200 });
    const { hosts, tell, heard } = listening;
    const host = hosts.pick("user-code", alone);
    const pid = await pidOf(listening, host);
    if (how === "spins") tell(host, "spin");
    else process.kill(pid, "SIGSTOP");
    await heard("lost user-code-1 its process did not answer for 200 ms after it was suspect");
    expect(isAlive(pid)).toBe(false);
  });

  it("that is stuck in a native call is ended all the same", async () => {
    const listening = start({ heartbeatMs: 100, graceMs: 200 });
    const host = listening.hosts.pick("user-code", alone);
    const pid = await pidOf(listening, host);
    listening.tell(host, "hash");
    await listening.heard("lost user-code-1 its process did not answer");
    expect(isAlive(pid)).toBe(false);
  });

  it("is gone when stop() has resolved, whatever it does", async () => {
    const listening = start();
    const hosts = [1, 2, 3].map(() => listening.hosts.pick("user-code", alone));
    const pids = await Promise.all(hosts.map((host) => pidOf(listening, host)));
    listening.tell(hosts[0] as Host, "spin");
    await listening.heard('said user-code-1 "spinning"');
    await listening.hosts.stop();
    expect(pids.map(isAlive)).toEqual([false, false, false]);
    expect(listening.hosts.list()).toEqual([]);
  });

  it("refuses at once what cannot be sent, also while it waits to be launched", async () => {
    const { hosts, heard } = start({ processEntry: new URL("../nowhere.ts", import.meta.url) });
    const odd = (() => undefined) as never;
    for (let n = 1; n <= 4; n++) {
      expect(() => hosts.pick("user-code", alone).post({ items: [odd] })).toThrow(
        "could not be cloned",
      );
      await heard(`lost user-code-${n} `);
    }
    const waiting = hosts.pick("user-code", alone);
    expect(waiting.launched).toBe(false);
    expect(() => waiting.post({ items: [odd] })).toThrow("could not be cloned");
  });

  it("that cannot be started is lost, and the next ones wait longer and longer", async () => {
    const nowhere = new URL("../nowhere.ts", import.meta.url);
    const { hosts, heard, log } = start({ processEntry: nowhere });
    for (let n = 1; n <= 5; n += 1) {
      hosts.pick("user-code", alone);
      await heard(`lost user-code-${n} there is no ${fileURLToPath(nowhere)}`);
    }
    expect(log.filter((entry) => entry.startsWith("started"))).toEqual([]);
  });
});

describe("a supervisor that is killed", () => {
  it("takes its processes along, also one that never looks up", async () => {
    const program = new URL("../../fixtures/hosts/process-owner.ts", import.meta.url).pathname;
    const owner = spawn(process.execPath, [program], { stdio: ["ignore", "pipe", "inherit"] });
    const [said] = await once(owner.stdout, "data");
    const pids = JSON.parse(String(said)) as number[];
    expect(pids.map(isAlive)).toEqual([true, true]);
    owner.kill("SIGKILL");
    await once(owner, "exit");
    await expect.poll(() => pids.filter(isAlive)).toEqual([]);
  });
});
