/**
 * Uses services with a heap of 256 MB for long, and prints what each left behind; then compares the
 * heap before and after 100,000 turns: `npm run test:memory`. Exits with 1 where one does not
 * survive, or holds on to more than it may.
 */
import { leftBehind, type Use } from "./left-behind.ts";
import { turnGrowth } from "./turn-growth.ts";

const refused = { times: 100, characters: 20_000_000 };
const uses: readonly Use[] = [
  { what: "results", times: 1_000, characters: 1_000_000 },
  { what: "callTool", ...refused },
  { what: "callTool", ...refused, isolation: "process" },
  { what: "sendMessage", ...refused },
  { what: "spawnAgent", ...refused },
];

for (const use of uses) {
  const { what, times, characters, isolation = "shared" } = use;
  const named = `${what} (${isolation}): ${times} of ${characters / 1_000_000} MB`;
  const left = await leftBehind(use, 600_000).catch(({ message }) => String(message).slice(0, 300));
  console.log(`${named}: ${JSON.stringify(left)}`);
  const isFine = typeof left !== "string" && left.done === times && left.heapMb < 10;
  if (!isFine || left.otherMb > 70) process.exitCode = 1;
}

const growth = await turnGrowth(100_000);
console.log(`turns: ${JSON.stringify(growth)}`);
if (growth.more.length > 0) process.exitCode = 1;
