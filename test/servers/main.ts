/**
 * Calls eleven MCP servers of npm over stdio and, where they speak it, over HTTP: `npm run
 * test:servers [NAME...]`. Exits with 1 when something is not as expected.
 */
import { spawnSync } from "node:child_process";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type RealServer, realServers } from "./real-servers.ts";
import { runServer, type Seen } from "./server-run.ts";

const wanted = process.argv.slice(2);
const chosen = realServers.filter(
  ({ name }) => wanted.length === 0 || wanted.some((part) => name.includes(part)),
);
const root = mkdtempSync(join(tmpdir(), "coppice-servers-"));
try {
  install(chosen);
  const seen: Seen[] = [];
  for (const server of chosen) {
    for (const over of server.http === undefined
      ? ["stdio" as const]
      : (["stdio", "http"] as const)) {
      seen.push(await visit(server, over));
    }
  }
  console.table(seen.map(lineOf));
  for (const { name, over, wrong } of seen) {
    for (const what of wrong) console.error(`${name} over ${over}: ${what}`);
  }
  if (seen.some(({ wrong, left }) => wrong.length + left.length > 0)) process.exitCode = 1;
} finally {
  rmSync(root, { recursive: true, force: true, maxRetries: 3 });
}

function install(servers: readonly RealServer[]): void {
  const names = servers.map(({ name, version }) => `${name}@${version}`);
  console.log(`Installing ${names.join(" ")}`);
  const args = ["install", "--prefix", root, "--ignore-scripts", "--no-audit", "--no-fund"];
  const { status } = spawnSync("npm", [...args, "--omit=dev", ...names], {
    stdio: ["ignore", "ignore", "inherit"],
  });
  if (status !== 0) throw new Error(`npm install ended with ${status}`);
}

async function visit(server: RealServer, over: Seen["over"]): Promise<Seen> {
  const folder = join(root, `home-${server.name.replace(/\W+/g, "-")}-${over}`);
  mkdirSync(folder);
  writeFileSync(join(folder, "oak.txt"), "an oak");
  console.log(`${server.name} over ${over}`);
  try {
    return await runServer(server, over, { packages: root, folder });
  } catch (error) {
    const nothing = { connectMs: 0, tools: 0, skipped: 0, renamed: 0, callMs: 0, stopMs: 0 };
    return { name: server.name, over, ...nothing, left: [], wrong: [String(error)] };
  }
}

function lineOf({ name, connectMs, callMs, stopMs, left, wrong, ...rest }: Seen) {
  const [connect, calls, stop] = [connectMs, callMs, stopMs].map((ms) => `${Math.round(ms)} ms`);
  return {
    server: name,
    ...{ ...rest, connect, calls, stop },
    left: left.length,
    right: wrong.length === 0,
  };
}
