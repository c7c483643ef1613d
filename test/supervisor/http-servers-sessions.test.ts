import { describe, expect, it } from "vitest";
import { respond, stream, type Ways, WebServer } from "../fixtures/mcp/web-server.ts";
import { ends, failure, lost, webSwarm } from "./web-swarm.ts";

const notFound = { error: { code: -32001, message: "Session not found" } };

/** A server with sessions, which begin at "1" and go on with each `initialize`. */
async function withSessions(ways: Ways = {}): Promise<WebServer> {
  const web: WebServer = await WebServer.start({
    ...ways,
    initialize: (visit) => {
      web.sessionId = String(visit.nth + 1);
      return ways.initialize === undefined ? false : ways.initialize(visit);
    },
  });
  return web;
}

const sessionsOf = (web: WebServer, kind: string) =>
  web.of(kind).map(({ headers }) => headers["mcp-session-id"]);

describe("a session that its server has forgotten", () => {
  it("is made anew, and the call that met it is made once more", async () => {
    await using web = await withSessions();
    await using open = await webSwarm({ url: web.url });
    web.sessionId = "of another process";
    web.tools = ["act", "new"];
    expect(await ends(open)).toMatchObject([{ isError: false, result: "called act" }]);
    expect(sessionsOf(web, "tools/call")).toEqual(["1", "2"]);
    expect(sessionsOf(web, "initialize")).toEqual([undefined, undefined]);
    expect(sessionsOf(web, "notifications/initialized")).toEqual(["1", "2"]);
    // The tools of the new session are listed.
    await web.visit("tools/list", 2);
    expect(await ends(open, "new")).toMatchObject([{ result: "called new" }]);
    expect(open.seen.filter(({ type }) => type === "mcp.lost")).toEqual([]);
  });

  it("is made anew where 400 says it, as the examples of the SDK do", async () => {
    const unknown = { code: -32000, message: "Bad Request: No valid session ID provided" };
    await using web = await withSessions({
      "tools/call": ({ nth, response }) => nth === 0 && respond(response, 400, { error: unknown }),
    });
    await using open = await webSwarm({ url: web.url });
    expect(await ends(open)).toMatchObject([{ isError: false }]);
    expect(sessionsOf(web, "tools/call")).toEqual(["1", "2"]);
  });

  it("is made anew once for many calls that meet it at once", async () => {
    await using web = await withSessions();
    web.tools = Array.from({ length: 20 }, (_, index) => `act${index}`);
    await using open = await webSwarm({ url: web.url });
    web.sessionId = "of another process";
    const ended = await ends(open, ...web.tools);
    expect(ended.map(({ isError }) => isError)).toEqual(web.tools.map(() => false));
    expect(web.of("initialize")).toHaveLength(2);
  });

  it("is an error of the call where the new one is forgotten too, and no loop", async () => {
    await using web = await withSessions({
      "tools/call": ({ response }) => respond(response, 404, notFound),
    });
    await using open = await webSwarm({ url: web.url });
    expect(await failure(open)).toMatch(/404 Not Found: it has forgotten our session/);
    expect(web.of("tools/call")).toHaveLength(2);
    expect(web.of("initialize")).toHaveLength(2);
  });

  it("is an error of the call where no new one is made, with the reason", async () => {
    await using web = await withSessions({
      initialize: ({ nth, response }) => nth > 0 && respond(response, 503, "going down"),
    });
    await using open = await webSwarm({ url: web.url });
    web.sessionId = "none";
    expect(await failure(open)).toMatch(/503 Service Unavailable: it says "going down"/);
    expect(await lost(open)).toMatch(/503 Service Unavailable/);
  });

  it("is found by the stream of notifications, and made anew before anybody calls", async () => {
    await using web = await withSessions({
      GET: (visit) => {
        if (visit.headers["mcp-session-id"] !== web.sessionId) return false;
        return stream(visit)("retry: 100", ":open");
      },
    });
    await using open = await webSwarm({ url: web.url });
    const { response } = await web.visit("GET");
    web.sessionId = "of another process";
    response.end();
    await web.visit("notifications/initialized", 2);
    await web.visit("GET", 3);
    expect(await ends(open)).toMatchObject([{ isError: false }]);
    expect(sessionsOf(web, "GET")).toEqual(["1", "1", "2"]);
    expect(sessionsOf(web, "tools/call")).toEqual(["2"]);
  });

  it.each([
    [[], true, 1],
    [["*"], false, 2],
  ])(
    "while a call ran has it made again only if it is idempotent: %j",
    async (idempotent, isError, calls) => {
      await using web = await withSessions({
        "tools/call": (visit) => {
          if (visit.nth > 0) return false;
          stream(visit)("retry: 100", "id: 1", "data:");
          web.sessionId = "of another process";
          return visit.response.end();
        },
      });
      await using open = await webSwarm({ url: web.url, idempotent });
      expect(await ends(open)).toMatchObject([{ isError }]);
      expect(web.of("tools/call")).toHaveLength(calls);
      // And the next call finds a session in any case.
      expect(await ends(open)).toMatchObject([{ isError: false }]);
    },
  );

  it("that is refused as 401 is told, and not made anew", async () => {
    await using web = await withSessions({
      "tools/call": ({ response }) => respond(response, 401, { error: "invalid_token" }),
    });
    await using open = await webSwarm({ url: web.url });
    expect(await failure(open)).toMatch(/401 Unauthorized/);
    expect(web.of("initialize")).toHaveLength(1);
  });
});

describe("a session", () => {
  it("is ended when the swarm stops", async () => {
    await using web = await withSessions();
    await using open = await webSwarm({ url: web.url });
    await open.supervisor.stop();
    expect(sessionsOf(web, "DELETE")).toEqual(["1"]);
  });
});
