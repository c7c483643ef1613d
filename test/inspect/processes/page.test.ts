import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import type { Browser, Page } from "playwright-core";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { Supervisor } from "../../../src/index.ts";
import { openBrowser } from "../chromium.ts";

const light = new URL("../../fixtures/inspect/traffic-light.ts", import.meta.url).href;
const usage = { inputTokens: 10_000, outputTokens: 1_000 };

let browser: Browser;

beforeAll(async () => {
  browser = await openBrowser();
});

afterAll(async () => browser?.close());

function start(): Promise<Supervisor> {
  return Supervisor.start({
    threads: 1,
    inspect: true,
    prices: { scripted: { input: 3, output: 15 } },
    agents: {
      lead: {
        model: {
          provider: "scripted",
          steps: [
            {
              toolCalls: [
                { name: "spawn_agent", input: { agent: "light", input: "Go.", name: "crossing" } },
              ],
              usage,
            },
            { text: "Done.", usage },
          ],
        },
        agents: ["light"],
        budget: { usd: 2 },
        input: "Begin.",
      },
      light: { machine: light, lifetime: "session" },
    },
  });
}

/** Opens the page, and gathers whatever went wrong in it or left this machine. */
async function openPage(url: string): Promise<{ page: Page; wrong: string[] }> {
  const page = await browser.newPage({ viewport: { width: 1_280, height: 800 } });
  const wrong: string[] = [];
  page.on("pageerror", ({ message }) => wrong.push(message));
  page.on("console", (said) => {
    if (said.type() === "error") wrong.push(said.text());
  });
  page.on("request", (request) => {
    if (!request.url().startsWith(url) && !request.url().startsWith("data:")) {
      wrong.push(`it asked for ${request.url()}`);
    }
  });
  await page.goto(url);
  return { page, wrong };
}

const line = (path: string): string => `#tree [data-path="${path}"]`;
const active = (state: string): string => `[data-state="machine.${state}"].active`;

describe("the inspector's page in Chromium", () => {
  it("shows the tree, the chart of the chosen agent live, its budget and its events", async () => {
    await using supervisor = await start();
    const { page, wrong } = await openPage(supervisor.inspectorUrl as string);
    const ref = await supervisor.spawn("lead");
    await page.waitForSelector(active("acting"));
    await page.waitForSelector(line("/lead/crossing"));
    expect(await page.getAttribute(line("/lead/crossing"), "aria-level")).toBe("2");
    await page.waitForSelector(`${line("/lead")} .cost:text("$0.05")`);
    await page.waitForSelector('#budget :text("$0.05 of $2.00")');

    await page.click(line("/lead/crossing"));
    await page.waitForSelector(active("red"));
    const crossing = supervisor.find("/lead/crossing");
    crossing?.tell({ type: "next" });
    await page.waitForSelector(active("green.steady"));
    expect(await page.locator(active("red")).count()).toBe(0);
    expect(await page.locator(active("green")).count()).toBe(1);
    crossing?.tell({ type: "next" });
    await page.waitForSelector(active("green.ending"));
    await page.waitForSelector('#events b:text-is("next")');
    await page.waitForSelector('#events b:text-is("agent.state")');
    expect(await page.textContent("#context")).toContain('"apiKey": "[redacted]"');

    await page.click('#tabs button:text-is("near")');
    await page.waitForSelector(active("walk"));
    await ref.cancel("seen enough");
    await page.waitForSelector(`${line("/lead")} .dot.cancelled`);
    await page.check("#live-only");
    await page.waitForSelector(line("/lead"), { state: "detached" });
    expect(wrong).toEqual([]);
    await page.close();
  });

  it("shows the two shared actors, which decide, with their traffic", async () => {
    await using supervisor = await start();
    const { page, wrong } = await openPage(supervisor.inspectorUrl as string);
    await page.waitForSelector(`${line("/")} .name:text("supervisor")`);
    const ref = await supervisor.spawn("lead");
    await page.click(line("/"));
    await page.waitForSelector('#tabs button:text-is("capability")');
    await page.waitForSelector('#events b:text-is("check")');
    await page.click('#tabs button:text-is("budget")');
    await page.waitForSelector('#events b:text-is("reserve")');
    await page.waitForSelector('#context:text("\\"held\\"")');
    await ref.cancel("seen enough");
    await page.waitForSelector('#context:text("\\"accounts\\": 1")');
    expect(wrong).toEqual([]);
    await page.close();
  });

  it("draws without overlaps: no state covers another, none is out of sight", async () => {
    await using supervisor = await start();
    const { page, wrong } = await openPage(supervisor.inspectorUrl as string);
    await supervisor.spawn("lead");
    await page.waitForSelector(active("acting"));
    const boxes = await page.locator(".node:not(.parent) > .box").evaluateAll((found) =>
      found.map((box) => {
        const { left, top, right, bottom } = box.getBoundingClientRect();
        return { left, top, right, bottom };
      }),
    );
    expect(boxes).toHaveLength(8);
    const stage = await page.locator("#chart").boundingBox();
    for (const [at, one] of boxes.entries()) {
      expect(one.left).toBeGreaterThan(stage?.x ?? 0);
      expect(one.bottom).toBeLessThan((stage?.y ?? 0) + (stage?.height ?? 0));
      for (const other of boxes.slice(at + 1)) {
        const apart =
          one.right <= other.left ||
          other.right <= one.left ||
          one.bottom <= other.top ||
          other.bottom <= one.top;
        expect(apart).toBe(true);
      }
    }
    expect(wrong).toEqual([]);
    await page.close();
  });

  it("connects again, and a page of another origin never does", async () => {
    const first = await start();
    const url = first.inspectorUrl as string;
    const { port, pathname } = new URL(url);
    const { page } = await openPage(url);
    await page.waitForSelector('#link.on:text("live")');
    await first.stop();
    await page.waitForSelector('#link:text("not connected")');
    const inspect = { port: Number(port), token: pathname.slice(1, -1) };
    await using again = await Supervisor.start({ threads: 0, inspect });
    expect(again.inspectorUrl).toBe(url);
    await page.waitForSelector('#link.on:text("live")');

    const server = createServer((_request, response) => {
      response.writeHead(200, { "content-type": "text/html" }).end("<title>Another</title>");
    });
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    await page.goto(`http://127.0.0.1:${(server.address() as AddressInfo).port}/`);
    const opened = await page.evaluate(
      (address) =>
        new Promise((resolve) => {
          const socket = new WebSocket(address);
          socket.onopen = () => resolve(true);
          socket.onerror = () => resolve(false);
        }),
      url.replace("http", "ws"),
    );
    expect(opened).toBe(false);
    await page.close();
    server.closeAllConnections();
    server.close();
  });
});
