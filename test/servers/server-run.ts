import { type ChildProcess, spawn } from "node:child_process";
import { readdirSync, readFileSync } from "node:fs";
import { createServer } from "node:net";
import { join } from "node:path";
import { setTimeout as wait } from "node:timers/promises";
import { type AnyEvent, type Json, type McpServerConfig, Supervisor } from "coppice";
import { call, scripted } from "coppice/testing";
import { FOLDER, PORT, type RealServer } from "./real-servers.ts";

/** What was seen of one server. */
export interface Seen {
  readonly name: string;
  readonly over: "stdio" | "http";
  readonly connectMs: number;
  readonly tools: number;
  readonly skipped: number;
  readonly renamed: number;
  readonly callMs: number;
  readonly stopMs: number;
  readonly left: readonly number[];
  readonly wrong: readonly string[];
}

export interface RunOptions {
  /** Where the packages are. */
  readonly packages: string;
  /** Where the server may write, with one file `oak.txt`. */
  readonly folder: string;
}

/** How long a server may take to be there. */
const START_MS = 30_000;

/** Starts it, calls it by an agent whose model is scripted, and stops it again. */
export async function runServer(
  server: RealServer,
  over: Seen["over"],
  options: RunOptions,
): Promise<Seen> {
  const port = over === "http" ? await freePort() : 0;
  const fill = filler(options.folder, port);
  const { command, args, env } = programOf(server, over, options, fill);
  if (over === "stdio") return watch(server, over, { command, args, env }, fill);
  const child = spawn(command, args, { env, stdio: "ignore", detached: true });
  try {
    await answers(port, child);
    const { headers = {} } = server.http ?? {};
    return await watch(server, over, { url: `http://localhost:${port}/mcp`, headers }, fill);
  } finally {
    if (child.pid !== undefined) process.kill(-child.pid, "SIGKILL");
  }
}

/** Those that are there a second later still: an exit is seen when the system has done it. */
async function leftOf(children: readonly number[]): Promise<readonly number[]> {
  const until = performance.now() + 1_000;
  for (;;) {
    const left = children.filter((pid) => processes().has(pid));
    if (left.length === 0 || performance.now() > until) return left;
    await wait(20);
  }
}

type Fill = <Value>(value: Value) => Value;
type Program = { command: string; args: string[]; env: Record<string, string> };

function programOf(
  { name, file, args = [], env = {}, http = {} }: RealServer,
  over: Seen["over"],
  { packages, folder }: RunOptions,
  fill: Fill,
): Program {
  const more = over === "http" ? (http.args ?? []) : args;
  const given = over === "http" ? { ...env, ...http.env } : env;
  return {
    command: process.execPath,
    args: [join(packages, "node_modules", name, file), ...fill(more)],
    env: { PATH: process.env.PATH ?? "", HOME: folder, ...fill(given) },
  };
}

async function watch(
  server: RealServer,
  over: Seen["over"],
  config: McpServerConfig,
  fill: Fill,
): Promise<Seen> {
  const before = performance.now();
  const mcpServers = { it: { ...config, timeoutMs: START_MS } };
  const supervisor = await Supervisor.start({ threads: 1, mcpServers });
  const connectMs = performance.now() - before;
  const seen: AnyEvent[] = [];
  const reading = (async () => {
    for await (const event of supervisor.events({ since: 0 })) seen.push(event);
  })();
  const calls = server.calls.map(({ tool, input }) => call(`it/${tool}`, fill(input) as Json));
  const asked = performance.now();
  const outcome = await supervisor.run(
    { model: scripted([...calls, "Done."]), tools: ["it/*"] },
    { input: "go" },
  );
  const callMs = performance.now() - asked;
  const children = descendants(process.pid);
  const stopping = performance.now();
  await supervisor.stop();
  await reading;
  const stopMs = performance.now() - stopping;
  const connected = seen.find(({ type }) => type === "mcp.connected");
  const count = (type: string) => seen.filter((event) => event.type === type).length;
  const tools = Number(connected?.tools ?? 0);
  return {
    name: server.name,
    ...{ over, connectMs, tools, callMs, stopMs },
    skipped: count("mcp.skipped"),
    renamed: count("tool.renamed"),
    left: over === "stdio" ? await leftOf(children) : [],
    wrong: [
      ...(outcome.status === "completed" ? [] : [`the agent ended as ${outcome.status}`]),
      ...(tools >= server.tools ? [] : [`${tools} tools, expected ${server.tools}`]),
      ...seen.flatMap((event) => (event.type === "mcp.lost" ? [`lost: ${event.error}`] : [])),
      ...wrongResults(server, seen),
    ],
  };
}

function wrongResults({ calls }: RealServer, seen: readonly AnyEvent[]): string[] {
  const finished = seen.filter(({ type }) => type === "tool.finished");
  if (finished.length !== calls.length) return [`${finished.length} of ${calls.length} calls`];
  return calls.flatMap(({ tool, says, isError = false }, index) => {
    const { isError: failed, result, error } = finished[index] as AnyEvent;
    const said = JSON.stringify(failed ? error : result) ?? "";
    const text = said.replaceAll('\\"', '"');
    return failed === isError && says.test(text) ? [] : [`${tool}: ${said.slice(0, 200)}`];
  });
}

function filler(folder: string, port: number): Fill {
  return (value) => {
    const text = JSON.stringify(value).replaceAll(FOLDER, folder).replaceAll(PORT, String(port));
    return JSON.parse(text);
  };
}

/** Every process that this one has started, and what they have. */
function descendants(pid: number): readonly number[] {
  const parents = [...processes()];
  const below = (of: number): number[] =>
    parents.flatMap(([child, parent]) => (parent === of ? [child, ...below(child)] : []));
  return below(pid);
}

/** All that are alive, each with its parent. */
function processes(): ReadonlyMap<number, number> {
  const pids = readdirSync("/proc").filter((entry) => /^\d+$/.test(entry));
  return new Map(pids.flatMap((pid) => parentOf(pid)));
}

/** None of a process that has ended. */
function parentOf(pid: string): [pid: number, parent: number][] {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, "utf8");
    const [, state, parent] = /\) (\S) (\d+)/.exec(stat) ?? [];
    return state === "Z" ? [] : [[Number(pid), Number(parent)]];
  } catch {
    return [];
  }
}

async function answers(port: number, child: ChildProcess): Promise<void> {
  const until = performance.now() + START_MS;
  while (performance.now() < until && child.exitCode === null) {
    try {
      await fetch(`http://localhost:${port}/`, { signal: AbortSignal.timeout(1_000) });
      return;
    } catch {
      await wait(50);
    }
  }
  throw new Error(`nothing answers on port ${port}`);
}

async function freePort(): Promise<number> {
  const probe = createServer();
  await new Promise<void>((listening) => probe.listen(0, "127.0.0.1", listening));
  const address = probe.address();
  await new Promise((closed) => probe.close(closed));
  return typeof address === "object" && address !== null ? address.port : 0;
}
