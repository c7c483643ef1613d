import { existsSync } from "node:fs";
import { readFile } from "node:fs/promises";
import { createRequire } from "node:module";
import { pathToFileURL } from "node:url";

interface Asset {
  readonly type: string;
  readonly body: Buffer;
}

const CSS = "text/css; charset=utf-8";
const JAVASCRIPT = "text/javascript; charset=utf-8";

const page = (file: string, type: string) => ({
  url: () => new URL(`./page/${file}`, import.meta.url),
  type,
});

/** All files that are served. Names are looked up here and nowhere else, so no path leads out. */
const assets = new Map([
  ["", page("page.html", "text/html; charset=utf-8")],
  ["page.css", page("page.css", CSS)],
  ["panels.css", page("panels.css", CSS)],
  ["chart.css", page("chart.css", CSS)],
  ["page.js", page("page.js", JAVASCRIPT)],
  ["chart.js", page("chart.js", JAVASCRIPT)],
  ["chart-graph.js", page("chart-graph.js", JAVASCRIPT)],
  ["live.js", page("live.js", JAVASCRIPT)],
  ["tree.js", page("tree.js", JAVASCRIPT)],
  ["detail.js", page("detail.js", JAVASCRIPT)],
  ["elk.js", { url: layouter, type: JAVASCRIPT }],
]);

/** Returns the URL of ELK, which is part of the built page; a checkout has it where npm put it. */
function layouter(): URL {
  const built = new URL("./page/elk.js", import.meta.url);
  if (existsSync(built)) return built;
  return pathToFileURL(createRequire(import.meta.url).resolve("elkjs/lib/elk.bundled.js"));
}

/** Reads a file of the page; undefined for an unknown name. */
export async function readAsset(name: string): Promise<Asset | undefined> {
  const asset = assets.get(name);
  if (asset === undefined) return undefined;
  return { type: asset.type, body: await readFile(asset.url()) };
}
