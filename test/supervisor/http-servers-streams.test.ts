import { describe, expect, it } from "vitest";
import { ManualClock } from "../../src/testing/manual-clock.ts";
import { data, hello, respond, result, stream, WebServer } from "../fixtures/mcp/web-server.ts";
import { type CallEnd, ends, failure, webSwarm } from "./web-swarm.ts";

const listChanged = { jsonrpc: "2.0", method: "notifications/tools/list_changed" };
const well: readonly Partial<CallEnd>[] = [{ isError: false, result: "well" }];

describe("the stream of an answer", () => {
  it("that is cut is an error at once, and the call is not made again", async () => {
    await using web = await WebServer.start({
      "tools/call": (visit) => {
        stream(visit)(data(listChanged));
        setImmediate(() => visit.response.destroy());
      },
    });
    await using open = await webSwarm({ url: web.url });
    expect(await failure(open)).toMatch(/its MCP server broke the connection off/);
    expect(web.of("tools/call")).toHaveLength(1);
  });

  it("that is cut has an idempotent call made again, once", async () => {
    await using web = await WebServer.start({
      "tools/call": ({ params, nth, response }) =>
        (params?.name === "never" || nth === 0) && response.destroy(),
    });
    web.tools = ["act", "never"];
    await using open = await webSwarm({ url: web.url, idempotent: ["*"] });
    expect(await ends(open, "act")).toMatchObject([{ result: "called act" }]);
    expect(web.of("tools/call")).toHaveLength(2);
    expect(await ends(open, "never")).toMatchObject([{ isError: true }]);
    expect(web.of("tools/call")).toHaveLength(4);
  });

  it("whose body is cut short as JSON is an error at once", async () => {
    await using web = await WebServer.start({
      "tools/call": ({ response }) => {
        response.writeHead(200, { "content-type": "application/json", "content-length": "1000" });
        response.write('{"jsonrpc":');
        setImmediate(() => response.destroy());
      },
    });
    await using open = await webSwarm({ url: web.url });
    expect(await failure(open)).toMatch(/its MCP server broke the connection off/);
  });

  it("is resumed after its last event as often as it ends, also when no new one came", async () => {
    await using web = await WebServer.start({
      GET: (visit) => {
        if (visit.headers["last-event-id"] === undefined) return respond(visit.response, 405);
        const send = stream(visit);
        if (web.of("GET").filter(({ headers }) => headers["last-event-id"]).length === 3) {
          send("id: evt-2", data(result({ ...visit, id: web.of("tools/call")[0]?.id })));
        }
        visit.response.end();
      },
      "tools/call": (visit) => {
        stream(visit)("retry: 100", "id: évt-1", "data: ");
        visit.response.end();
      },
    });
    await using open = await webSwarm({ url: web.url });
    expect(await ends(open)).toMatchObject(well);
    const ids = web.of("GET").flatMap(({ headers }) => headers["last-event-id"] ?? []);
    const evt1 = Buffer.from("évt-1").toString("latin1");
    expect(ids).toEqual([evt1, evt1, evt1]);
    expect(web.of("tools/call")).toHaveLength(1);
  });

  it.each([500, 404, 405])(
    "that is not resumed but answered %i is an error at once",
    async (status) => {
      await using web = await WebServer.start({
        GET: ({ response }) => respond(response, status, "no"),
        "tools/call": (visit) => {
          stream(visit)("retry: 100", "id: 1", "data:");
          visit.response.end();
        },
      });
      await using open = await webSwarm({ url: web.url });
      expect(await failure(open)).toMatch(new RegExp(`did not resume it: it answered ${status}`));
    },
  );

  it("waits for as long as the server wants, within bounds, by the clock", async () => {
    const clock = new ManualClock();
    await using web = await WebServer.start({
      GET: (visit) => {
        const id = visit.headers["last-event-id"];
        if (id === undefined) return respond(visit.response, 405);
        stream(visit)(data(result({ ...visit, id: web.of("tools/call")[0]?.id })));
      },
      "tools/call": (visit) => {
        stream(visit)("retry: 999999999", "id: 1", "data:");
        visit.response.end();
      },
    });
    await using open = await webSwarm({ url: web.url, timeoutMs: 100_000 }, { clock });
    const ending = ends(open);
    const call = await web.visit("tools/call");
    await new Promise((resolve) => call.response.once("close", resolve));
    await turns();
    clock.advance(29_999);
    await turns();
    expect(web.of("GET")).toHaveLength(1);
    clock.advance(1);
    expect(await ending).toMatchObject(well);
  });

  it.each<[string, (message: unknown) => readonly unknown[]]>([
    ["one message", (message) => [message]],
    ["many", (message) => [listChanged, message, listChanged]],
  ])("may be a batch of %s, as JSON and as an event", async (_, batch) => {
    await using web = await WebServer.start({
      initialize: ({ response, id, params }) =>
        respond(
          response,
          200,
          batch({ jsonrpc: "2.0", id, result: hello(params?.protocolVersion) }),
        ),
      "tools/call": (visit) => {
        const answer = batch(result(visit));
        if (visit.params?.name === "act") return respond(visit.response, 200, answer);
        stream(visit)(data(answer));
      },
    });
    web.tools = ["act", "streamed"];
    await using open = await webSwarm({ url: web.url });
    expect(await ends(open, "act", "streamed")).toMatchObject([...well, ...well]);
  });

  it("may hold what is no message, and answers to others, before the answer", async () => {
    await using web = await WebServer.start({
      "tools/call": (visit) => {
        const send = stream(visit);
        send("data: words");
        for (const odd of ["text", 5, null, {}, [], { jsonrpc: "2.0", method: 5 }]) send(data(odd));
        send(data(result({ ...visit, id: 4_711 }, "of another")));
        send("event: other", data(result(visit, "of another kind")));
        send(data(result(visit)));
      },
    });
    await using open = await webSwarm({ url: web.url });
    expect(await ends(open)).toMatchObject(well);
  });

  it("is left when the call is cancelled", async () => {
    await using web = await WebServer.start({ "tools/call": (visit) => stream(visit)(":wait") });
    await using open = await webSwarm({ url: web.url, timeoutMs: 200 });
    expect(await failure(open)).toMatch(/did not answer in 2\d\d ms/);
    const { response } = await web.visit("tools/call");
    if (!response.destroyed) await new Promise((resolve) => response.once("close", resolve));
    expect(web.of("notifications/cancelled")).toHaveLength(1);
  });
});

describe("the stream of notifications", () => {
  it("is opened again after 503s, its end and a cut, and then tools are listed", async () => {
    await using web = await WebServer.start({
      GET: (visit) => {
        if (visit.nth < 2) return respond(visit.response, 503);
        const send = stream(visit);
        send("retry: 100", `id: ${visit.nth}`, "data:");
        if (visit.nth === 2) visit.response.end();
        if (visit.nth === 3) setImmediate(() => visit.response.destroy());
        if (visit.nth === 4) send(data(listChanged));
      },
    });
    const clock = new ManualClock();
    await using open = await webSwarm({ url: web.url }, { clock });
    for (let nth = 1; nth < 5; nth += 1) {
      await web.visit("GET", nth);
      while (web.of("GET").length === nth) {
        clock.advance(100);
        await turns();
      }
    }
    const listed = web.of("tools/list").length;
    // The last one has said that the list has changed.
    while (web.of("tools/list").length === listed) {
      clock.advance(100);
      await turns();
    }
    // Once at the start, and when it was open again, at a pace.
    expect(listed).toBeGreaterThan(1);
    expect(web.of("GET").map(({ headers }) => headers["last-event-id"])).toEqual([
      undefined,
      undefined,
      undefined,
      "2",
      "3",
    ]);
    expect((await ends(open))[0]?.isError).toBe(false);
    expect(open.seen.filter(({ type }) => type === "mcp.lost")).toEqual([]);
  });

  it.each([
    [405, 1],
    [404, 1],
    [501, 1],
    [400, 2],
    [409, 2],
    [403, 2],
    [429, 2],
  ])(
    "that is answered %i is asked for %i times in a second, and calls live on",
    async (status, times) => {
      await using web = await WebServer.start({ GET: ({ response }) => respond(response, status) });
      const clock = new ManualClock();
      await using open = await webSwarm({ url: web.url }, { clock });
      const first = await web.visit("GET");
      if (!first.response.closed)
        await new Promise((resolve) => first.response.once("close", resolve));
      await turns();
      clock.advance(1_000);
      await turns();
      expect(web.of("GET")).toHaveLength(times);
      // The second wait is twice as long.
      clock.advance(1_999);
      await turns();
      expect(web.of("GET")).toHaveLength(times);
      expect((await ends(open))[0]?.isError).toBe(false);
    },
  );

  it("hears of tools that came while it was away", async () => {
    await using web = await WebServer.start({
      GET: (visit) => {
        stream(visit)("retry: 100", ":hello");
        if (visit.nth > 0) return;
        web.tools = ["act", "new"];
        visit.response.end();
      },
    });
    await using open = await webSwarm({ url: web.url });
    await web.visit("tools/list", 2);
    await turns();
    expect(await ends(open, "new")).toMatchObject([{ result: "called new" }]);
  });
});

/** Enough for what is under way over loopback. */
async function turns(): Promise<void> {
  for (let turn = 0; turn < 300; turn += 1) await new Promise((next) => setImmediate(next));
}
