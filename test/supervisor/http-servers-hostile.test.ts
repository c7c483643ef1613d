import { describe, expect, it } from "vitest";
import { type Handler, respond, WebServer } from "../fixtures/mcp/web-server.ts";
import { ends, failure, lost, webSwarm } from "./web-swarm.ts";

const token = "sk-0123456789abcdef";
const headers = { authorization: `Bearer ${token}` };
const rpcError: Handler = ({ response, id }) =>
  respond(response, 200, { jsonrpc: "2.0", id, error: { code: -1, message: `bad ${token}` } });

describe("what a server repeats of its headers and query", () => {
  it.each<[title: string, kind: string, way: Handler]>([
    [
      "cut by what is quoted of a body",
      "initialize",
      ({ response }) => respond(response, 401, `${"x".repeat(290)} ${token}`),
    ],
    [
      "cut by what is read of a body",
      "initialize",
      ({ response }) => respond(response, 401, `${" ".repeat(4_086)}${token}`),
    ],
    [
      "cut in an answer that is none",
      "initialize",
      ({ response }) => respond(response, 200, { error: `${" ".repeat(985)}${token}` }),
    ],
    ["in an error of JSON-RPC", "initialize", rpcError],
    ["in an error of its list", "tools/list", rpcError],
  ])("is not told: %s", async (_, kind, way) => {
    await using web = await WebServer.start({ [kind]: way });
    await using open = await webSwarm({ url: web.url, headers });
    const { error } = open.supervisor.stats().servers?.[0] ?? {};
    const told = [await failure(open), String(error)];
    await open.supervisor.stop();
    told.push(await lost(open));
    expect(told.join()).not.toContain("sk-0");
  });

  it("is not told in the error of a call", async () => {
    await using web = await WebServer.start({ "tools/call": rpcError });
    await using open = await webSwarm({ url: web.url, headers });
    expect(await failure(open)).toContain("bad ***");
  });

  it("is not told as it is written in the URL or in JSON", async () => {
    const way: Handler = ({ response }) =>
      respond(response, 401, 'no ab%2Bcd%3D, {"key":"pass\\"word"}', { "content-type": "a/b" });
    await using web = await WebServer.start({ initialize: way });
    const url = `${web.url}?key=ab%2Bcd%3D`;
    await using open = await webSwarm({ url, headers: { "x-key": 'pass"word' } });
    expect(await failure(open)).toContain('no ***, {"key":"***"}');
  });
});

describe("an error whose body does not end", () => {
  const begun =
    (status: number): Handler =>
    ({ response }) =>
      response.writeHead(status, { "content-type": "text/plain" }).write("no token");

  it("says why a server is refused, before its time is over", async () => {
    await using web = await WebServer.start({ initialize: begun(401) });
    await using open = await webSwarm({ url: web.url, timeoutMs: 60_000 });
    expect(await failure(open)).toMatch(/answered 401 Unauthorized.*it says "no token"/);
  });

  it("lets a forgotten session be made anew", async () => {
    const way: Handler = (visit) => visit.nth === 0 && begun(404)(visit);
    await using web = await WebServer.start({ "tools/call": way });
    web.sessionId = "one";
    await using open = await webSwarm({ url: web.url, timeoutMs: 60_000 });
    expect(await ends(open)).toMatchObject([{ isError: false }]);
    expect(web.of("initialize")).toHaveLength(2);
  });
});

it("makes no sessions in a loop with a server that has no stream and forgets them", async () => {
  await using web = await WebServer.start({
    GET: ({ response }) => respond(response, 404, ""),
    ping: ({ response, nth }) => nth % 2 === 0 && respond(response, 404, ""),
  });
  web.sessionId = "one";
  await using open = await webSwarm({ url: web.url });
  for (let n = 0; n < 5; n += 1) expect(await ends(open)).toMatchObject([{ isError: false }]);
  expect(web.of("initialize")).toHaveLength(1);
});

it("tells of at most twenty oddities of one result", async () => {
  const content = Array.from({ length: 9_000 }, (_, n) => ({ type: `kind ${n}` }));
  await using web = await WebServer.start({
    "tools/call": ({ response, id }) =>
      respond(response, 200, { jsonrpc: "2.0", id, result: { content } }),
  });
  await using open = await webSwarm({ url: web.url });
  expect(await ends(open)).toMatchObject([{ isError: false }]);
  const told = open.seen.filter(({ type }) => type === "mcp.skipped");
  expect(told).toHaveLength(20);
  expect(told.at(-1)).toMatchObject({ reason: expect.stringContaining("8981 more things") });
});
