import { describe, expect, it } from "vitest";
import type { RuntimeEvent } from "../../src/index.ts";
import { ManualClock } from "../../src/testing/manual-clock.ts";
import { respond, WebServer } from "../fixtures/mcp/web-server.ts";
import { ends, webSwarm } from "./web-swarm.ts";

describe("an MCP server that is away", () => {
  it("from the start is named by health, stats and the events before any listener", async () => {
    let isUp = false;
    await using web = await WebServer.start({
      initialize: ({ response }) => !isUp && respond(response, 503, "not yet"),
    });
    const clock = new ManualClock();
    await using open = await webSwarm({ url: web.url }, { clock });
    const { supervisor } = open;
    const error = 'answered 503 Service Unavailable: it says "not yet"';
    expect(supervisor.health()).toEqual({
      live: true,
      ready: true,
      reasons: [`MCP server "web" is away: ${error}`],
    });
    expect(supervisor.stats().servers).toEqual([{ name: "web", state: "away", tools: 0, error }]);
    const [first] = await firstEvents(supervisor.events({ since: 0 }), 1);
    expect(first).toMatchObject({ type: "mcp.lost", seq: 1, path: "/", server: "web", error });

    isUp = true;
    clock.advance(1_000);
    await open.until("mcp.connected");
    expect(supervisor.health().reasons).toEqual([]);
    expect(supervisor.stats().servers).toEqual([{ name: "web", state: "connected", tools: 1 }]);
    expect(await ends(open)).toMatchObject([{ isError: false }]);
  });

  it("later is named too, keeps its tools, and is forgotten by a stopped supervisor", async () => {
    await using web = await WebServer.start({ "tools/call": ({ response }) => response.destroy() });
    await using open = await webSwarm({ url: web.url, required: true });
    const { supervisor } = open;
    await web[Symbol.asyncDispose]();
    await ends(open);
    await open.until("mcp.lost");
    const [row] = supervisor.stats().servers;
    expect(row).toMatchObject({ state: "away", tools: 1 });
    expect(row?.error).toMatch(/nothing listens at 127/);
    expect(supervisor.health()).toMatchObject({ ready: true, reasons: [expect.any(String)] });
    await supervisor.stop();
    expect(supervisor.health().reasons).toEqual(["stopped"]);
    expect(supervisor.stats().servers).toEqual([{ name: "web", state: "closed", tools: 1 }]);
  });
});

async function firstEvents(
  events: AsyncIterable<RuntimeEvent>,
  most: number,
): Promise<readonly RuntimeEvent[]> {
  const read: RuntimeEvent[] = [];
  for await (const event of events) {
    read.push(event);
    if (read.length === most) break;
  }
  return read;
}
