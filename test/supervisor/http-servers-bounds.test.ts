import { brotliCompressSync, createGzip, deflateSync, gzipSync, zstdCompressSync } from "node:zlib";
import { describe, expect, it } from "vitest";
import {
  data,
  type Handler,
  respond,
  result,
  said,
  stream,
  type Visit,
  WebServer,
} from "../fixtures/mcp/web-server.ts";
import { LongestPause, MAX_PAUSE_MS } from "./longest-pause.ts";
import { ends, failure, lost, webSwarm } from "./web-swarm.ts";

const MB = 1_048_576;
/** A small limit makes small tests. */
const LIMIT = 0.25 * MB;
const config = { maxMessageMb: 0.25 };

/** A right answer of exactly so many bytes. */
function sized(visit: Visit, bytes: number): string {
  const empty = JSON.stringify(result(visit, ""));
  return JSON.stringify(result(visit, "x".repeat(bytes - empty.length)));
}

/** The same text in the ways that a server may send it. */
const senders: Readonly<Record<string, (visit: Visit, text: string) => void>> = {
  JSON: ({ response }, text) => respond(response, 200, text),
  gzip: ({ response }, text) =>
    respond(response, 200, gzipSync(text), { "content-encoding": "gzip" }),
  deflate: ({ response }, text) =>
    respond(response, 200, deflateSync(text), { "content-encoding": "deflate" }),
  br: ({ response }, text) =>
    respond(response, 200, brotliCompressSync(text), { "content-encoding": "br" }),
  zstd: ({ response }, text) =>
    respond(response, 200, zstdCompressSync(text), { "content-encoding": "zstd" }),
  "a stream": (visit, text) => {
    stream(visit)(`data: ${text}`);
    visit.response.end();
  },
};

describe("a message of a server behind a URL", () => {
  it.each(Object.keys(senders))(
    "in %s has the size that is allowed, and one byte more is the error of its call",
    async (way) => {
      await using web = await WebServer.start({
        "tools/call": (visit) => {
          const name = visit.params?.name;
          if (name === "act") return false;
          return senders[way]?.(visit, sized(visit, name === "most" ? LIMIT : LIMIT + 1));
        },
      });
      web.tools = ["act", "most", "more"];
      await using open = await webSwarm({ url: web.url, ...config });
      const [act, most, more] = await ends(open, "act", "most", "more");
      expect([act?.isError, most?.isError, more?.isError]).toEqual([false, false, true]);
      expect(more?.error?.message).toMatch(/0\.25 MB, the limit \(maxMessageMb\): 26\d{4} bytes/);
      expect((await ends(open, "act"))[0]?.isError).toBe(false);
      expect(open.seen.filter(({ type }) => type === "mcp.lost")).toEqual([]);
    },
  );

  it("that is compressed a thousandfold costs no memory", async () => {
    const bomb: Handler = ({ response }) => {
      response.writeHead(200, { "content-type": "application/json", "content-encoding": "gzip" });
      const zip = createGzip();
      zip.pipe(response);
      response.on("close", () => zip.destroy());
      const zeros = Buffer.alloc(4 * MB, 0x20);
      const more = (left: number): void => {
        if (left === 0) zip.end();
        else if (!zip.destroyed) zip.write(zeros, () => more(left - 1));
      };
      more(50);
    };
    await using web = await WebServer.start({ "tools/call": bomb });
    await using open = await webSwarm({ url: web.url });
    using pause = new LongestPause();
    const before = process.memoryUsage().rss;
    expect(await failure(open)).toMatch(/10 MB, the limit \(maxMessageMb\)/);
    expect(process.memoryUsage().rss - before).toBeLessThan(100 * MB);
    expect(pause.take()).toBeLessThan(MAX_PAUSE_MS);
  });

  it.each<[string, (visit: Visit) => string, RegExp]>([
    [
      "too deep",
      (visit) =>
        JSON.stringify(result(visit)).replace('"well"', `${"[".repeat(4e4)}${"]".repeat(4e4)}`),
      /nests over 10000 levels/,
    ],
    [
      "of too many values",
      (visit) => JSON.stringify(result(visit)).replace('"well"', `[${"0,".repeat(250_000)}0]`),
      /250000 JSON values/,
    ],
  ])("%s is the error of its call", async (_, text, told) => {
    await using web = await WebServer.start({
      "tools/call": (visit) => respond(visit.response, 200, text(visit)),
    });
    await using open = await webSwarm({ url: web.url });
    using pause = new LongestPause();
    expect(await failure(open)).toMatch(told);
    expect(pause.take()).toBeLessThan(MAX_PAUSE_MS);
  });

  it.each(["initialize", "tools/list"])(
    "that answers %s and is too large is the reason of its loss",
    async (method) => {
      await using web = await WebServer.start({
        [method]: (visit) => respond(visit.response, 200, sized(visit, LIMIT + 1)),
      });
      await using open = await webSwarm({ url: web.url, ...config });
      expect(await lost(open)).toMatch(/0\.25 MB, the limit/);
    },
  );

  it("that refuses a call is read as far as its first words", async () => {
    const endless: Handler = ({ response }) => {
      response.writeHead(500, { "content-type": "text/plain" });
      const more = (): void => {
        while (!response.destroyed && response.write("no paper ".repeat(1_000)));
        response.once("drain", more);
      };
      more();
    };
    await using web = await WebServer.start({ "tools/call": endless });
    await using open = await webSwarm({ url: web.url });
    expect(await failure(open)).toMatch(/500 .*no paper .{200,400}\.\.\."/);
  });

  it("that is too large costs no call among the notifications, which are heard again", async () => {
    await using web = await WebServer.start({
      GET: (visit) => {
        const send = stream(visit);
        send("retry: 100", "id: 1", `data: ${"x".repeat(LIMIT)}`);
        if (visit.nth === 0) send(`data: ${"x".repeat(LIMIT + 1)}`);
      },
    });
    await using open = await webSwarm({ url: web.url, ...config });
    await web.visit("GET", 2);
    expect((await ends(open))[0]?.isError).toBe(false);
    expect(open.seen.filter(({ type }) => type === "mcp.lost")).toEqual([]);
  });
});

describe("a flood from a server behind a URL", () => {
  const progress = {
    jsonrpc: "2.0",
    method: "notifications/progress",
    params: { progressToken: 0, progress: 1 },
  };
  const floods: Readonly<Record<string, unknown>> = {
    notifications: {
      jsonrpc: "2.0",
      method: "notifications/message",
      params: { level: "info", data: 1 },
    },
    "progress notifications": progress,
    batches: Array.from({ length: 20 }, () => progress),
    "events without data": "",
  };

  it.each(Object.entries(floods))("of 20,000 %s holds no thread", async (_, message) => {
    await using web = await WebServer.start({
      "tools/call": (visit) => {
        const send = stream(visit);
        const lines = message === "" ? ":" : data(message);
        visit.response.write(`${lines}\n\n`.repeat(Array.isArray(message) ? 1_000 : 20_000));
        send(data(result(visit)));
        visit.response.end();
      },
    });
    await using open = await webSwarm({ url: web.url });
    using pause = new LongestPause();
    expect(await ends(open)).toMatchObject([{ result: "well" }]);
    expect(pause.take()).toBeLessThan(MAX_PAUSE_MS);
  });

  it("of 1,000 requests is answered a few at a time, and then the call", async () => {
    let [running, most] = [0, 0];
    await using web = await WebServer.start({
      "*": ({ verb, method, response }) => {
        if (verb !== "POST" || method !== undefined) return false;
        running += 1;
        most = Math.max(most, running);
        setImmediate(() => {
          running -= 1;
          respond(response, 202);
        });
        return true;
      },
      "tools/call": (visit) => {
        const send = stream(visit);
        for (let id = 0; id < 1_000; id += 1)
          send(data({ jsonrpc: "2.0", id, method: "roots/list" }));
        send(data({ jsonrpc: "2.0", id: visit.id, result: said("asked") }));
        visit.response.end();
      },
    });
    await using open = await webSwarm({ url: web.url });
    using pause = new LongestPause();
    expect(await ends(open)).toMatchObject([{ result: "asked" }]);
    expect(most).toBeLessThanOrEqual(9);
    expect(pause.take()).toBeLessThan(MAX_PAUSE_MS);
  });
});
