import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { createWebSocketReceiver } from "@statelyai/inspect";
import { describe, expect, it } from "vitest";
import { WebSocket } from "ws";
import { Supervisor, type SupervisorOptions } from "../../src/index.ts";
import { TOO_SLOW } from "../../src/inspect/viewers.ts";
import type { FromHost } from "../../src/wire/frame.ts";
import { openSupervisor } from "../supervisor/open-supervisor.ts";
import { openViewer, statusOf, type Viewer } from "./viewer.ts";

const light = new URL("../fixtures/inspect/traffic-light.ts", import.meta.url).href;
const agents: NonNullable<SupervisorOptions["agents"]> = {
  light: { machine: light, lifetime: "session" },
  talker: {
    model: { provider: "scripted", steps: [{ text: "Hello.", delayMs: 60_000 }] },
    input: "Talk.",
  },
};

/** Not one of the supervisor's own actors, which are always there. */
const isOfAgent = (one: object): boolean => (one as { readonly rootId?: unknown }).rootId !== "/";
const ACTOR = "@xstate.actor";
const statusIn = (snapshot: unknown) => (snapshot as { status?: unknown } | undefined)?.status;

/** Everything has been told when this many machines stand where they will stay. */
const settled =
  (count: number, state: string) =>
  (told: readonly { readonly type: string; readonly [field: string]: unknown }[]): boolean =>
    new Set(
      told
        .filter(({ snapshot }) => (snapshot as { value?: unknown } | undefined)?.value === state)
        .map(({ sessionId }) => sessionId),
    ).size === count;

describe("the inspector", () => {
  it("tells a late viewer every living machine of 50 agents on all kinds of threads", async () => {
    const limits = { concurrency: 100 };
    await using supervisor = await Supervisor.start({ threads: 2, inspect: true, agents, limits });
    const url = supervisor.inspectorUrl as string;
    await using early = await openViewer(url);
    for (let n = 0; n < 40; n += 1) await supervisor.spawn("talker");
    for (let n = 0; n < 10; n += 1) await supervisor.spawn("light");
    await early.until(settled(40, "thinking"));
    await early.until(settled(10, "red"));
    expect(new Set(supervisor.stats().hosts.map(({ kind }) => kind)).size).toBe(2);

    await using late = await openViewer(url);
    await late.until((told) => told.filter(isOfAgent).length >= 70);
    const told = late.told.filter(isOfAgent);
    expect(told).toHaveLength(70);
    expect(new Set(told.map(({ sessionId }) => sessionId)).size).toBe(70);
    const byId = new Map(told.map((one) => [one.sessionId, one]));
    for (let n = 1; n <= 40; n += 1) {
      const shown = byId.get(n === 1 ? "/talker" : `/talker-${n}`);
      expect(shown).toMatchObject({ type: "@xstate.actor", snapshot: { value: "thinking" } });
      expect(JSON.parse(shown?.definition as string).states).toHaveProperty("acting");
    }
    for (let n = 1; n <= 10; n += 1) {
      const path = n === 1 ? "/light" : `/light-${n}`;
      expect(byId.get(path)).toMatchObject({ snapshot: { status: "active", value: "red" } });
      expect(JSON.parse(byId.get(path)?.definition as string).id).toBe("traffic-light");
      for (const id of ["near", "far"]) {
        const below = { parentId: path, rootId: path, snapshot: { value: "walk" } };
        expect(byId.get(`${path}/@${id}`)).toMatchObject(below);
      }
    }
  });

  it("names the parent of an agent as its parent, and tells its steps and its end", async () => {
    const lead = {
      model: {
        provider: "scripted",
        steps: [
          {
            toolCalls: [
              { name: "spawn_agent", input: { agent: "light", input: "Go.", name: "below" } },
            ],
          },
        ],
      },
      agents: ["light"],
      input: "Begin.",
    } as const;
    await using supervisor = await Supervisor.start({
      threads: 0,
      inspect: true,
      agents: { ...agents, lead },
    });
    await using viewer = await openViewer(supervisor.inspectorUrl as string);
    const ref = await supervisor.spawn("lead");
    await viewer.until(settled(1, "red"));
    const actor = viewer.told.find(({ sessionId }) => sessionId === "/lead/below");
    expect(actor).toMatchObject({ type: "@xstate.actor", parentId: "/lead", rootId: "/lead" });
    supervisor.find("/lead/below")?.tell({ type: "next" });
    await viewer.until((told) => told.some(({ event }) => isType(event, "next")));
    await ref.cancel();
    await viewer.until((told) => {
      const last = told.findLast(({ sessionId }) => sessionId === "/lead/below");
      return last?.type === "@xstate.snapshot" && !isActive(last.snapshot);
    });
    await using late = await openViewer(supervisor.inspectorUrl as string, "live");
    await late.until((told) => told.some(({ type }) => type === "coppice.fact"));
    const living = late.told.filter((one) => one.type === "@xstate.actor" && isOfAgent(one));
    expect(living).toEqual([]);
  });

  it("tells no secrets, no large contexts, and how much of a busy actor it left out", async () => {
    await using supervisor = await Supervisor.start({ threads: 1, inspect: true, agents });
    await using viewer = await openViewer(supervisor.inspectorUrl as string);
    const ref = await supervisor.spawn("light");
    for (let n = 0; n < 200; n += 1) ref.tell({ type: "burst" });
    const rounds = (snapshot: unknown): unknown =>
      (snapshot as { context?: { rounds?: unknown } } | undefined)?.context?.rounds;
    await viewer.until((told) => told.some(({ snapshot }) => rounds(snapshot) === 200));
    const text = JSON.stringify(viewer.told);
    expect(text).not.toContain("very-secret");
    expect(text).toContain("[redacted]");
    expect(text).toContain("(20000 characters)");
    const left = viewer.told.filter(({ event }) => isType(event, "coppice.left-out"));
    expect(left.length).toBeGreaterThan(0);
    expect(viewer.told.length).toBeLessThan(150);
    for (const one of viewer.told) expect(JSON.stringify(one).length).toBeLessThan(6_000);
  });

  it("can be read by the official receiver", async () => {
    await using supervisor = await Supervisor.start({ threads: 0, inspect: true, agents });
    await supervisor.spawn("light");
    await using viewer = await openViewer(supervisor.inspectorUrl as string);
    await viewer.until(settled(1, "red"));
    const { promise, resolve } = Promise.withResolvers<{ readonly sessionId: string }>();
    const server = (supervisor.inspectorUrl as string).replace("http", "ws");
    const receiver = createWebSocketReceiver({ server });
    const { unsubscribe } = receiver.subscribe((event) => {
      if (event.type === "@xstate.actor" && isOfAgent(event)) resolve(event);
    });
    expect(await promise).toMatchObject({ sessionId: "/light", name: "light" });
    unsubscribe();
  });

  it("ends the actors of an agent that is killed, and of one whose host is lost", async () => {
    const options = { threads: 1, inspect: true, agents: { light: { machine: light } } };
    await using open = await openSupervisor(options);
    const url = open.supervisor.inspectorUrl as string;
    await using viewer = await openViewer(url);
    const ref = await open.supervisor.spawn("light");
    const actors = ["/light", "/light/@near", "/light/@far"];
    const live = (times: number) => (told: Viewer["told"]) =>
      actors.every((id) => {
        const begun = told.filter(({ type, sessionId }) => type === ACTOR && sessionId === id);
        return begun.length === times;
      });
    const stopped = (told: Viewer["told"]): unknown[] =>
      told.filter(({ snapshot }) => statusIn(snapshot) === "stopped").map((one) => one.sessionId);
    await viewer.until(live(1));
    await viewer.until(settled(1, "red"));
    open.loseHostOf("/light");
    await viewer.until(live(2));
    expect(stopped(viewer.told).sort()).toEqual([...actors].sort());
    await viewer.until((told) => told.at(-1)?.type === "@xstate.snapshot");
    open.act((kernel) => kernel.kill(kernel.find("/light")!));
    await viewer.until((told) => stopped(told).length === 6);
    expect(stopped(viewer.told).slice(3).sort()).toEqual([...actors].sort());
    expect((await ref.outcome).status).toBe("killed");
  });

  it("costs nothing when it is off: no host is told to tell, and none does", async () => {
    await using open = await openSupervisor({ threads: 0, agents });
    const heard: FromHost[] = [];
    const { hostEvents } = open.swarm;
    const { hear } = hostEvents;
    hostEvents.hear = (host, event) => {
      if (event.type === "frames") heard.push(event.message);
      hear.call(hostEvents, host, event);
    };
    const ref = await open.supervisor.spawn("light");
    await open.until("agent.state");
    ref.tell({ type: "next" });
    await open.until("agent.state", () => true, 2);
    expect(open.supervisor.inspectorUrl).toBeUndefined();
    expect(heard.length).toBeGreaterThan(0);
    for (const message of heard) expect(Object.keys(message)).not.toContain("inspection");
  });
});

describe("who may look", () => {
  const token = "a-token-of-our-own-choice";

  it("is who knows the token, from this origin and under this name", async () => {
    await using supervisor = await Supervisor.start({ threads: 0, inspect: { token } });
    const url = supervisor.inspectorUrl as string;
    const { origin, port } = new URL(url);
    expect(url).toBe(`http://127.0.0.1:${port}/${token}/`);
    expect(await statusOf(url)).toBe(101);
    expect(await statusOf(url, { origin })).toBe(101);
    expect(await statusOf(`http://localhost:${port}/${token}/live`)).toBe(101);
    expect(await statusOf(`${origin}/`)).toBe(404);
    expect(await statusOf(`${origin}/${token}x/`)).toBe(404);
    expect(await statusOf(`${origin}/${token.slice(0, -1)}/`)).toBe(404);
    expect(await statusOf(`${url}other`)).toBe(404);
    expect(await statusOf(url, { origin: "https://stately.ai" })).toBe(403);
    expect(await statusOf(url, { origin: "null" })).toBe(403);
    expect(await statusOf(url, { origin: `http://127.0.0.1:${Number(port) + 1}` })).toBe(403);
    const rebound = { host: `evil.example:${port}`, origin: `http://evil.example:${port}` };
    expect(await statusOf(url, rebound)).toBe(421);
  });

  it("gets the page and nothing else of the disk", async () => {
    await using supervisor = await Supervisor.start({ threads: 0, inspect: { token } });
    const url = supervisor.inspectorUrl as string;
    const page = await fetch(url);
    expect([page.status, page.headers.get("content-type")]).toEqual([
      200,
      "text/html; charset=utf-8",
    ]);
    expect(page.headers.get("content-security-policy")).toContain("default-src 'none'");
    const assets = [...(await page.text()).matchAll(/(?:src|href)="([\w.]+)"/g)];
    expect(assets.length).toBeGreaterThan(3);
    for (const [, name] of assets) expect((await fetch(url + name)).status).toBe(200);
    expect((await fetch(new URL("/", url))).status).toBe(404);
    expect((await fetch(`${url}..%2frelay.ts`)).status).toBe(404);
    expect((await fetch(`${url}budget?path=/nobody`)).status).toBe(404);
    expect((await fetch(url, { method: "POST" })).status).toBe(405);
  });

  it("refuses options it cannot honour, and a port that is taken", async () => {
    for (const inspect of [{ token: "short" }, { token: "x/".repeat(16) }, { port: 70_000 }]) {
      await expect(Supervisor.start({ threads: 0, inspect })).rejects.toMatchObject({
        code: "OPTIONS_INVALID",
      });
    }
    const server = createServer().listen(0, "127.0.0.1");
    await new Promise((resolve) => server.once("listening", resolve));
    const { port } = server.address() as AddressInfo;
    await expect(Supervisor.start({ threads: 0, inspect: { port } })).rejects.toThrow(`${port}`);
    server.close();
  });
});

describe("viewers", () => {
  it("may say what they like: nothing comes of it, and too much ends them alone", async () => {
    await using supervisor = await Supervisor.start({ threads: 0, inspect: true, agents });
    const url = supervisor.inspectorUrl as string;
    await using other = await openViewer(url);
    await using rude = await openViewer(url);
    const ref = await supervisor.spawn("light");
    await rude.until(settled(1, "red"));
    for (const rubbish of ["", "{", '{"type":"next","sessionId":"/light"}', "\0".repeat(1_024)]) {
      rude.socket.send(rubbish);
    }
    const closed = new Promise((resolve) => rude.socket.once("close", resolve));
    rude.socket.send("x".repeat(1_025));
    expect(await closed).toBe(1009);
    expect(await ref.snapshot()).toMatchObject({ machine: { value: "red" } });
    ref.tell({ type: "next" });
    await other.until((told) => told.some(({ event }) => isType(event, "next")));
  });

  it("that stall are dropped with a reason, and the others go on", async () => {
    const { Viewers } = await import("../../src/inspect/viewers.ts");
    const viewers = new Viewers();
    const server = createServer();
    server.on("upgrade", (request, socket, head) => {
      viewers.admit("stately", [request, socket, head], () => [{ type: "hello" }]);
    });
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    const url = `ws://127.0.0.1:${(server.address() as AddressInfo).port}/`;
    await using stalled = await openViewer(url);
    await using reading = await openViewer(url);
    await reading.until((told) => told.length === 1);
    stalled.socket.pause();
    const large = { type: "large", text: "x".repeat(1_000_000) };
    for (let n = 0; viewers.count === 2 && n < 100; n += 1) {
      viewers.tell(large);
      const sent = n + 2;
      await reading.until((told) => told.length >= sent);
    }
    expect(viewers.count).toBe(1);
    const closed = new Promise((resolve) => stalled.socket.once("close", resolve));
    stalled.socket.resume();
    expect(await closed).toBe(TOO_SLOW);
    viewers.tell({ type: "after" });
    await reading.until((told) => told.some(({ type }) => type === "after"));
    await viewers.stop();
    server.close();
  });

  it("are told when the supervisor stops, and none keeps it from stopping", async () => {
    const supervisor = await Supervisor.start({ threads: 0, inspect: true, agents });
    await using stalled = await openViewer(supervisor.inspectorUrl as string);
    stalled.socket.pause();
    await using viewer = await openViewer(supervisor.inspectorUrl as string);
    const closed = new Promise((resolve) => viewer.socket.once("close", resolve));
    await supervisor.stop();
    expect(await closed).toBe(1001);
    await expect(fetch(supervisor.inspectorUrl as string)).rejects.toThrow();
    expect(process.getActiveResourcesInfo()).not.toContain("TCPServerWrap");
    expect(stalled.socket.readyState).not.toBe(WebSocket.CONNECTING);
  });
});

function isActive(snapshot: unknown): boolean {
  return (snapshot as { readonly status: string }).status === "active";
}

function isType(event: unknown, type: string): boolean {
  return (event as { readonly type?: unknown } | undefined)?.type === type;
}
