import { availableParallelism, loadavg } from "node:os";
import { parseArgs } from "node:util";
import { shown, shownSpread, shownTarget, verdict } from "../figure.ts";
import { isFailed, labelOf, type Recorded, type Standing } from "../recorded.ts";
import { goalsOf, standingsOf } from "./goals.ts";
import { comparePeers, versionOf } from "./peers.ts";

const { values } = parseArgs({ options: { quick: { type: "boolean", default: false } } });
const load = shown(loadavg()[0] ?? 0);
print(`Node ${process.versions.node}, ${availableParallelism()} cores, load ${load}`);
const contests = await comparePeers(values.quick, print);

const standings = standingsOf(contests, versionOf);
printStandings("500 agents at once", (standing) => standing.many);
printStandings("One agent after another", (standing) => standing.one);
print("\nRatios of the same round: the median, the tenth and the ninetieth percentile");
for (const goal of goalsOf(contests)) print(`  ${goal.what}: ${answerOf(goal)}`);

function printStandings(title: string, of: (standing: Standing) => Standing["many"]): void {
  print(`\n${title}: us of a turn; us of processor time, all threads; turns per second`);
  for (const standing of standings) {
    const cost = of(standing);
    if (cost === null) continue;
    const name = `  ${labelOf(standing)}`.padEnd(32);
    if (isFailed(cost)) print(`${name} failed: ${cost.failed}`);
    else {
      const perSecond = shown(1_000_000 / cost.us.median);
      print(`${name} ${shownSpread(cost.us)}; ${shownSpread(cost.cpuUs)}; ${perSecond}`);
    }
  }
}

function answerOf({ found, target }: Recorded): string {
  const goal = `goal ${shownTarget(target)}`;
  return isFailed(found)
    ? `${goal}; failed: ${found.failed}`
    : `${shownSpread(found)}, ${goal}: ${verdict(found.median, target)}`;
}

function print(line: string): void {
  process.stdout.write(`${line}\n`);
}
