import { spawnSync } from "node:child_process";
import { existsSync, readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { type Contest, hold } from "./contest.ts";
import { type Contestant, NAMES } from "./contestants.ts";
import { type Contests, MANY_AGENTS } from "./goals.ts";

const FOLDER = new URL("./", import.meta.url);
const INSTALL_MS = 5 * 60_000;

/** How many rounds of each contest; the short form is for a first look. */
const ROUNDS = {
  full: { many: { warmUpMs: 8_000, rounds: 9 }, one: { warmUpMs: 5_000, rounds: 31 } },
  short: { many: { warmUpMs: 4_000, rounds: 3 }, one: { warmUpMs: 3_000, rounds: 7 } },
};

type Print = (line: string) => void;

/** Holds both contests. */
export async function comparePeers(isShort: boolean, print: Print): Promise<Contests> {
  install(print);
  const rounds = ROUNDS[isShort ? "short" : "full"];
  const many: Contest = {
    contestants: ["coppice-2", "coppice-0", "vercel", "openai-agents", "langgraph"],
    agents: MANY_AGENTS,
    runs: 1,
    ...rounds.many,
  };
  const one: Contest = {
    contestants: ["coppice-1", "port", "coppice-0", "vercel", "openai-agents", "langgraph"],
    agents: 1,
    runs: 20,
    ...rounds.one,
  };
  return { many: await hold(many, print), one: await hold(one, print) };
}

/** The version that is compared; ours is that of this commit. */
export function versionOf(contestant: Contestant): string | null {
  const [, dependency] = NAMES[contestant];
  return dependency === undefined ? null : (manifest().dependencies[dependency] ?? null);
}

/** Brings the other libraries in exactly the versions that are named, when they are not there. */
function install(print: Print): void {
  const missing = Object.entries(manifest().dependencies).filter(([name, version]) => {
    return versionIn(`node_modules/${name}/package.json`) !== version;
  });
  if (missing.length === 0) return;
  print(`Installing ${missing.map(([name, version]) => `${name} ${version}`).join(", ")}`);
  const options = { cwd: fileURLToPath(FOLDER), timeout: INSTALL_MS, encoding: "utf8" } as const;
  const { status, stderr, error } = spawnSync("npm", ["install"], options);
  if (status !== 0) print(`npm install in test/bench/peers failed: ${error?.message ?? stderr}`);
}

function manifest(): { readonly dependencies: Readonly<Record<string, string>> } {
  return JSON.parse(readFileSync(new URL("package.json", FOLDER), "utf8"));
}

function versionIn(path: string): string | undefined {
  const file = new URL(path, FOLDER);
  return existsSync(file) ? JSON.parse(readFileSync(file, "utf8")).version : undefined;
}
