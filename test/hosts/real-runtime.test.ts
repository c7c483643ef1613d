import { afterEach, describe, expect, it } from "vitest";
import type { Host } from "../../src/hosts/host.ts";
import { type Hosts, startHosts } from "../../src/hosts/hosts.ts";
import type { DeliveryBody, Template } from "../../src/wire/delivery.ts";
import type { Command, Frame } from "../../src/wire/frame.ts";

const moduleUrl = (name: string): string =>
  new URL(`../fixtures/hosts/modules/${name}.ts`, import.meta.url).href;
const loop: Template = {
  id: "loop",
  model: { provider: "scripted", steps: [{ text: "five" }] },
  tools: [],
  agents: [],
};
const machine = (name: string): Template => ({
  id: name,
  machine: moduleUrl(name),
  tools: [],
  agents: [],
});

const running: Hosts[] = [];
afterEach(async () => {
  await Promise.all(running.splice(0).map((hosts) => hosts.stop()));
});

/** Hosts with the agents' own runtime; what they say is kept by agent. */
const start = (threads: number) => {
  const frames: Frame[] = [];
  const lost: string[] = [];
  const cancelFlags = new SharedArrayBuffer(64, { maxByteLength: 4_096 });
  const hosts = startHosts({
    threads,
    cancelFlags: { library: cancelFlags, "user-code": cancelFlags },
    events: {
      hear: (host, event) => {
        if (event.type === "frames") frames.push(...event.message.frames);
        if (event.type === "lost") lost.push(`${host.id} ${event.reason}`);
      },
      whoIs: () => undefined,
    },
  });
  running.push(hosts);
  const said = (path: string): Command[] =>
    frames.filter((frame) => frame.path === path).flatMap(({ commands }) => commands);
  const value = (path: string) => frames.findLast((frame) => frame.path === path)?.value;
  return { hosts, lost, said, value };
};

const limits = { repeats: 20, errors: 16 };
const place = (host: Host, template: Template, path: string): void => {
  const placed = { path, incarnation: 1, template: template.id, input: "2 + 3?" };
  host.post({
    templates: [template],
    items: [
      { type: "place", ...placed, cancelFlag: 0, number: 1, name: path.slice(1), upTo: 0, limits },
    ],
  });
};
const deliver = (host: Host, path: string, n: number, body: DeliveryBody): void =>
  host.post({ items: [{ type: "deliver", path, incarnation: 1, n, body }] });

describe.each([
  ["threads", 1],
  ["the calling thread", 0],
])("agents on %s", (_, threads) => {
  it("run the loop, one permit for each model call", async () => {
    const { hosts, said } = start(threads);
    const host = hosts.pick("library");
    place(host, loop, "/a");
    await expect.poll(() => said("/a").find(({ type }) => type === "model")).toBeDefined();
    const [call] = said("/a").flatMap((command) =>
      command.type === "model" ? [command.callId] : [],
    );
    const permit = { callId: call ?? "", maxTokens: 100, attempt: 1, turn: 0 };
    deliver(host, "/a", 1, { type: "permit", ...permit });
    const end = { type: "turn-end", output: "five" };
    await expect.poll(() => said("/a")).toContainEqual(end);
  });

  it("run a TypeScript machine from its module", async () => {
    const { hosts, value } = start(threads);
    place(hosts.pick("user-code"), machine("good"), "/tea");
    await expect.poll(() => value("/tea")).toBe("idle");
  });
});

describe("a machine that ends its thread", () => {
  it("takes its own user-code host with it, and no other", async () => {
    const { hosts, lost, said, value } = start(1);
    const [library, userCode] = [hosts.pick("library"), hosts.pick("user-code")];
    place(library, loop, "/a");
    place(userCode, machine("ends-thread"), "/bad");
    await expect.poll(() => value("/bad")).toBe("here");
    deliver(userCode, "/bad", 1, { type: "message", from: "/", message: { type: "leave" } });
    await expect.poll(() => lost).toEqual(["user-code-2 its thread exited with code 6"]);
    await expect.poll(() => library.state).toBe("ready");
    await expect.poll(() => said("/a").map(({ type }) => type)).toContain("model");
    place(hosts.pick("user-code"), machine("good"), "/next");
    await expect.poll(() => value("/next")).toBe("idle");
  });
});
