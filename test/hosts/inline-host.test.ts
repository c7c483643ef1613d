import { stat } from "node:fs";
import { afterEach, describe, expect, it } from "vitest";
import type { CreateInlineRuntime } from "../../src/hosts/inline.ts";
import { type Listening, listen } from "../fixtures/hosts/listening.ts";
import { createStandIn } from "../fixtures/hosts/stand-in-runtime.ts";

const createRuntime = createStandIn as CreateInlineRuntime;
const open: Listening[] = [];
const start = (options: Parameters<typeof listen>[0] = {}): Listening => {
  const listening = listen({ threads: 0, createRuntime, ...options });
  open.push(listening);
  return listening;
};
afterEach(async () => {
  await Promise.all(open.splice(0).map(({ hosts }) => hosts.stop()));
});

describe("the inline host", () => {
  it("is the one host for library and user code", () => {
    const { hosts } = start();
    const host = hosts.pick("library");
    host.load = 100;
    expect(hosts.pick("user-code")).toBe(host);
    expect(hosts.list()).toEqual([{ id: "inline", kind: "library", state: "ready", agents: 100 }]);
  });

  it("answers later, with copies", async () => {
    const { hosts, log, tell, heard } = start();
    const message = { cups: 1 };
    tell(hosts.pick("library"), "echo", message);
    message.cups = 2;
    expect(log).toEqual(["started inline"]);
    await heard('said inline {"cups":1}');
  });

  it("refuses at once what JSON cannot say", () => {
    const host = start().hosts.pick("library");
    const message = { items: [1n] } as never;
    expect(() => host.post(message)).toThrow(TypeError);
  });

  it("delivers in order, whatever the order in which the schedule runs", () => {
    const due: (() => void)[] = [];
    const { hosts, log, tell } = start({ schedule: (deliver) => due.push(deliver), killMs: 1 });
    const host = hosts.pick("library");
    for (const n of [1, 2, 3]) tell(host, "echo", n);
    expect(due).toHaveLength(3);
    while (due.length > 0) due.pop()?.();
    expect(log.slice(1)).toEqual(["said inline 1", "said inline 2", "said inline 3"]);
  });

  it.each(["throw", "unsayable"])("is lost by %s, and replaced by the next pick", async (deed) => {
    const { hosts, log, tell, heard } = start();
    tell(hosts.pick("library"), deed, 2);
    await heard("lost inline");
    const said = log.filter((entry) => entry.startsWith("said inline"));
    expect(said).toHaveLength(deed === "throw" ? 3 : 1);
    expect(log.at(-1)).toMatch(/^lost inline (a bad day|.*serialize a BigInt)/);
    const next = hosts.pick("user-code");
    expect(next.id).toBe("inline-2");
    tell(next, "echo", "again");
    await heard('said inline-2 "again"');
  });

  it("lets I/O in between messages that answer each other for ever", async () => {
    const enough = 1_000_000;
    let rounds = 0;
    const { promise: read, resolve } = Promise.withResolvers<void>();
    const { hosts, tell } = start({
      createRuntime: ({ post }) => ({
        receive: () => {
          rounds += 1;
          if (rounds === 1) stat(".", () => resolve());
          post({ frames: [] });
          if (rounds < enough) tell(hosts.pick("library"), "again");
        },
        checkModule: () => Promise.resolve(),
        close: () => undefined,
      }),
    });
    tell(hosts.pick("library"), "again");
    await read;
    expect(rounds).toBeLessThan(enough);
  });

  it("says nothing more after stop()", async () => {
    const { hosts, log, tell } = start();
    tell(hosts.pick("library"), "echo", "too late");
    await hosts.stop();
    expect(log).not.toContain('said inline "too late"');
    expect(hosts.list()).toEqual([]);
  });
});
