import { once } from "node:events";
import { connect, type Socket } from "node:net";
import { afterEach, describe, expect, it } from "vitest";
import { Supervisor } from "../../src/index.ts";
import { openViewer } from "./viewer.ts";

const strangers: Socket[] = [];
afterEach(() => {
  for (const socket of strangers.splice(0)) socket.destroy();
});

/** A connection of somebody who never ends it by himself. */
async function connected(url: string, says: string): Promise<Socket> {
  const { hostname, port } = new URL(url);
  const socket = connect({ host: hostname, port: Number(port), allowHalfOpen: true });
  strangers.push(socket);
  socket.on("error", () => undefined);
  await once(socket, "connect");
  if (says !== "") socket.write(says);
  return socket;
}

/** Resolves when it is gone, however. */
function closed(socket: Socket): Promise<void> {
  return new Promise((resolve) => socket.once("close", () => resolve()));
}

/** Resolves with the first words of the answer. */
async function answered(socket: Socket): Promise<string> {
  const [data] = (await once(socket, "data")) as [Buffer];
  return String(data).slice(0, 12);
}

const upgrade = (path: string) =>
  `GET ${path} HTTP/1.1\r\nHost: h\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n` +
  "Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n";
const request = "GET / HTTP/1.1\r\nHost: h\r\nConnection: keep-alive\r\n\r\n";

/** Far below what any time-out of a server would take. */
const BOUNDED_MS = 20_000;

describe("stop() is bounded while a stranger", () => {
  it.each([
    ["holds a refused upgrade open", upgrade("/"), true],
    ["holds a refused upgrade open and says more", `${upgrade("/")}${"x".repeat(70_000)}`, true],
    ["keeps a refused connection alive", request, true],
    ["has connected and says nothing", "", false],
    ["says its headers for ever", "GET / HTTP/1.1\r\nHost: h\r\nX-", false],
    ["sends a body for ever", "POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 9999\r\n\r\nx", true],
    ["never ends its upgrade", upgrade("/").slice(0, -4), false],
    ["speaks no HTTP", "\u0016\u0003\u0001hello", true],
  ])("%s", async (_, says, isAnswered) => {
    const supervisor = await Supervisor.start({ threads: 0, inspect: true });
    const url = supervisor.inspectorUrl as string;
    const sockets = await Promise.all([1, 2, 3].map(() => connected(url, says)));
    if (isAnswered) await Promise.all(sockets.map(answered));
    const from = performance.now();
    await supervisor.stop();
    expect(performance.now() - from).toBeLessThan(BOUNDED_MS);
    expect(process.getActiveResourcesInfo()).not.toContain("TCPServerWrap");
  });

  it("holds what was let in once, after it was dropped", async () => {
    const supervisor = await Supervisor.start({ threads: 0, inspect: true });
    const url = supervisor.inspectorUrl as string;
    const { pathname, host } = new URL(url);
    const socket = await connected(url, upgrade(pathname).replace("Host: h", `Host: ${host}`));
    expect(await answered(socket)).toBe("HTTP/1.1 101");
    await supervisor.stop();
    expect(process.getActiveResourcesInfo()).not.toContain("TCPServerWrap");
  });
});

it("ends a refused upgrade at once, whatever the other side does", async () => {
  await using supervisor = await Supervisor.start({ threads: 0, inspect: true });
  const socket = await connected(supervisor.inspectorUrl as string, upgrade("/"));
  expect(await answered(socket)).toBe("HTTP/1.1 404");
  // The peer is gone, which is told once something is written to it.
  const reset = closed(socket);
  const more = setInterval(() => socket.write("x"), 20);
  await reset;
  clearInterval(more);
});

it("takes so many connections and no more, and a viewer comes in when they are gone", async () => {
  await using supervisor = await Supervisor.start({ threads: 0, inspect: true });
  const url = supervisor.inspectorUrl as string;
  const all = await Promise.all(Array.from({ length: 256 }, () => connected(url, "")));
  const refused = await connected(url, request);
  await closed(refused);
  const left = closed(all[0] as Socket);
  all[0]?.destroy();
  await left;
  await expect
    .poll(async () => {
      const viewer = await openViewer(url).catch(() => undefined);
      await viewer?.[Symbol.asyncDispose]();
      return viewer !== undefined;
    })
    .toBe(true);
});
