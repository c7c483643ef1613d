import { describe, expect, it } from "vitest";
import { SdkWebServer } from "../fixtures/mcp/sdk-web-server.ts";
import { ends, webSwarm } from "./web-swarm.ts";

describe.each([false, true])("a server of the SDK behind a URL, JSON answers: %s", (json) => {
  it("is called, polled, restarted, and grows", async () => {
    await using web = await SdkWebServer.start({ enableJsonResponse: json });
    await using open = await webSwarm({ url: web.url });
    const well = { isError: false, result: "well" };
    expect(await ends(open, "quick", "quick")).toMatchObject([well, well]);
    // Its stream is closed before it answers, and resumed.
    expect(await ends(open, "polled")).toMatchObject([well]);

    await web.restart();
    expect(await ends(open, "quick", "quick", "quick")).toMatchObject([well, well, well]);
    expect(web.sessions).toBe(2);

    await ends(open, "grow");
    await expect
      .poll(() => open.supervisor.stats().servers)
      .toEqual([{ name: "web", state: "connected", tools: 4 }]);
    expect(await ends(open, "grown")).toMatchObject([well]);
    expect(open.seen.filter(({ type }) => type === "mcp.lost")).toEqual([]);
  });
});
