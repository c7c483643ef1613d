import { once } from "node:events";
import { createServer, type Server } from "node:net";
import { describe, expect, it } from "vitest";
import {
  data,
  type Handler,
  hello,
  respond,
  stream,
  WebServer,
} from "../fixtures/mcp/web-server.ts";
import { failure, lost, webSwarm } from "./web-swarm.ts";

const page = "<!DOCTYPE html><html><title>502 Bad Gateway</title></html>";

function answers(
  status: number,
  body: unknown,
  headers: Readonly<Record<string, string>> = {},
): Handler {
  return ({ response }) => respond(response, status, body, headers);
}

const html = { "content-type": "text/html" };
const plain = { "content-type": "text/plain" };

/** What a server does with the first request, or with any: what is said of it. */
const refusals: readonly [title: string, way: Handler, ...told: RegExp[]][] = [
  [
    "401",
    answers(401, { error: "invalid_token" }),
    /401 Unauthorized/,
    /`headers`/,
    /invalid_token/,
  ],
  [
    "403",
    answers(403, "Only at localhost:8931\n", plain),
    /403 Forbidden/,
    /Only at localhost:8931/,
  ],
  ["404", answers(404, "Cannot POST /mcp", plain), /404 Not Found/, /path of the URL/],
  ["405", answers(405, ""), /405 Method Not Allowed/, /path of the URL/],
  [
    "400",
    answers(400, { error: { code: 1, message: "Unsupported version" } }),
    /Unsupported version/,
  ],
  ["429", answers(429, "", { "retry-after": "17" }), /429 Too Many Requests/, /17 s/],
  [
    "502 and a page",
    answers(502, page, html),
    /^answered 502 Bad Gateway: the answer is an HTML page$/,
  ],
  [
    "500 in words",
    answers(500, { error: "no disk" }),
    /500 Internal Server Error: it says "no disk"/,
  ],
  ["a web page", answers(200, page, html), /a web page \(text\/html\)/, /path of the URL/],
  ["nothing", answers(200, ""), /empty answer/],
  ["202", answers(202, ""), /answered 202/],
  ["other JSON", answers(200, { hello: "world" }), /JSON-RPC/, /hello/],
  [
    "JSON cut short",
    answers(200, '{"jsonrpc": "2.0", '),
    /by a JSON-RPC message: "{"jsonrpc": "2\.0","/,
  ],
  ["text", answers(200, "it works", plain), /text\/plain and no JSON: "it works"/],
  [
    "a redirect",
    answers(302, "", { location: "https://x.test/a?k=s3cret" }),
    /redirect to https:\/\/x\.test\/a,/,
  ],
  [
    "another version",
    ({ id, response }) =>
      respond(response, 200, { jsonrpc: "2.0", id, result: hello("1999-01-01") }),
    /version.*1999-01-01/,
  ],
  [
    "an error of JSON-RPC",
    ({ id, response }) =>
      respond(response, 200, { jsonrpc: "2.0", id, error: { code: -1, message: "not today" } }),
    /not today/,
  ],
  [
    "a stream that ends",
    (visit) => {
      stream(visit)(":nothing");
      visit.response.end();
    },
    /ended the stream .* without a result/,
  ],
  [
    "a stream of words",
    (visit) => {
      stream(visit)(data({ error: "Session not found" }));
      visit.response.end();
    },
    /Session not found/,
  ],
  ["a connection cut at once", ({ response }) => response.destroy(), /broke the connection off/],
];

describe("a server behind a URL that answers the first request with", () => {
  it.each(refusals)(
    "%s is lost with that reason, and its tools say it",
    async (_, way, ...told) => {
      await using web = await WebServer.start({ initialize: way });
      await using open = await webSwarm({ url: web.url });
      const [reason, failed] = [await lost(open), await failure(open)];
      for (const pattern of told) {
        expect(reason).toMatch(pattern);
        expect(failed).toMatch(new RegExp(pattern.source.replaceAll(/^\^|\$$/g, "")));
      }
      expect(`${reason}${failed}`).not.toMatch(/s3cret|DOCTYPE|<html/);
    },
  );
});

describe("a server behind a URL that answers a call with", () => {
  const later = refusals.filter(([title]) => title !== "another version");

  it.each(later)("%s is told in that call's error at once", async (title, way, ...told) => {
    await using web = await WebServer.start({ "tools/call": way });
    await using open = await webSwarm({ url: web.url });
    const failed = await failure(open);
    for (const { source } of told) {
      expect(failed).toMatch(new RegExp(source.replaceAll(/^\^|\$$/g, "")));
    }
    // The connection lives on: it was asked.
    expect(open.seen.filter(({ type }) => type === "mcp.lost")).toEqual([]);
    expect([title, web.of("tools/call").length]).toEqual([title, 1]);
  });
});

describe("a server behind a URL", () => {
  it("that speaks only the older transport is told as that", async () => {
    await using web = await WebServer.start({
      initialize: answers(404, "Cannot POST /sse"),
      GET: (visit) => stream(visit)("event: endpoint", "data: /messages?sessionId=1"),
    });
    await using open = await webSwarm({ url: web.url });
    expect(await lost(open)).toMatch(/older HTTP\+SSE transport/);
    expect(await failure(open)).toMatch(/older HTTP\+SSE transport/);
  });

  it("that answers a POST in the older way is told as that", async () => {
    await using web = await WebServer.start({
      initialize: (visit) => stream(visit)("event: endpoint", "data: /messages?sessionId=1"),
    });
    await using open = await webSwarm({ url: web.url });
    expect(await lost(open)).toMatch(/older HTTP\+SSE transport/);
  });

  it.each<[string, (port: number) => string, RegExp]>([
    [
      "that nobody serves",
      (port) => `http://127.0.0.1:${port}/mcp?key=s3cret`,
      /nothing listens at 127\.0\.0\.1:\d+ \(ECONNREFUSED\)/,
    ],
    [
      "of an unknown name",
      () => "http://nobody.invalid/mcp?key=s3cret",
      /no address is known .*nobody\.invalid/,
    ],
  ])("%s says so", async (_, url, told) => {
    const port = await freePort();
    await using open = await webSwarm({ url: url(port) });
    expect(await lost(open)).toMatch(told);
    expect(await failure(open)).not.toContain("s3cret");
  });

  it("that speaks no TLS where TLS is expected says so", async () => {
    await using web = await WebServer.start();
    await using open = await webSwarm({ url: web.url.replace("http:", "https:") });
    expect(await lost(open)).toMatch(/TLS.*http: rather than https:/);
  });

  it("that speaks no HTTP says so", async () => {
    const server = createServer((socket) => socket.end("220 mail.test ESMTP\r\n"));
    const port = await listening(server);
    await using open = await webSwarm({ url: `http://127.0.0.1:${port}/` });
    expect(await lost(open)).toMatch(/does not speak HTTP there/);
    server.close();
  });

  it("that repeats what it was told in confidence does not have it told on", async () => {
    const way: Handler = ({ headers, response }) =>
      respond(response, 401, { message: `bad ${headers.authorization} and ${headers["x-key"]}` });
    await using web = await WebServer.start({ initialize: way });
    const headers = { authorization: "Bearer s3cret-token", "x-key": "k3y-of-mine" };
    await using open = await webSwarm({ url: `${web.url}?token=t0ken-of-mine`, headers });
    const told = `${await lost(open)} ${await failure(open)}`;
    expect(told).toMatch(/401 .*bad \*\*\*/);
    expect(told).not.toMatch(/s3cret|k3y|t0ken/);
  });

  it("is followed where it redirects within its own origin", async () => {
    const way: Handler = ({ response }) => respond(response, 307, "", { location: "/there" });
    await using web = await WebServer.start({
      initialize: (visit) => visit.nth === 0 && way(visit),
    });
    await using open = await webSwarm({ url: web.url });
    const [row] = open.supervisor.stats().servers;
    expect(row).toEqual({ name: "web", state: "connected", tools: 1 });
    expect(web.of("initialize")).toHaveLength(2);
  });

  it("is read when it calls JSON text", async () => {
    await using web = await WebServer.start({
      "tools/call": ({ id, response }) =>
        respond(response, 200, { jsonrpc: "2.0", id, result: { content: [] } }, plain),
    });
    await using open = await webSwarm({ url: web.url });
    await expect(failure(open)).rejects.toThrow("did not fail");
  });
});

async function freePort(): Promise<number> {
  const server = createServer();
  const port = await listening(server);
  server.close();
  await once(server, "close");
  return port;
}

async function listening(server: Server): Promise<number> {
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const address = server.address();
  return typeof address === "object" && address !== null ? address.port : 0;
}
