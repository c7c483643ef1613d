import { type Spread, spreadOf, type Target } from "../figure.ts";
import type { Cost, Found, Recorded, Standing } from "../recorded.ts";
import type { Result } from "./contest.ts";
import { type Contestant, NAMES, type Sample } from "./contestants.ts";

export const MANY_AGENTS = 500;
/** How much more than the bare port of the same round a turn on a thread may take. */
const OVER_PORT_US = 25;

export type Results = ReadonlyMap<Contestant, Result>;

/** What both contests found: with 500 agents at once, and with one after another. */
export interface Contests {
  readonly many: Results;
  readonly one: Results;
}

interface Goal {
  readonly name: string;
  readonly what: string;
  readonly of: keyof Contests;
  readonly ours: Contestant;
  readonly theirs: Contestant;
  readonly target: Target;
  /** From one round of both. */
  ratio(ours: Sample, theirs: Sample): number;
}

const turns = (ours: Sample, theirs: Sample): number => theirs.us / ours.us;
const processor = (ours: Sample, theirs: Sample): number => ours.cpuUs / theirs.cpuUs;

const rates = [
  ["vercel", 4],
  ["openai-agents", 10],
  ["langgraph", 20],
] as const;

const GOALS: readonly Goal[] = [
  ...rates.map(([theirs, least]): Goal => {
    const name = `turns-${theirs}`;
    const what = `500 agents at once, turns per second: Coppice / ${NAMES[theirs][0]}`;
    return { name, what, of: "many", ours: "coppice-2", theirs, target: { least }, ratio: turns };
  }),
  {
    name: "processor-threads",
    what: "500 agents at once, processor time of a turn: Coppice on 2 threads / Vercel AI SDK",
    of: "many",
    ours: "coppice-2",
    theirs: "vercel",
    target: { most: 0.4 },
    ratio: processor,
  },
  {
    name: "processor-inline",
    what: "the same: Coppice at `threads: 0` / Vercel AI SDK",
    of: "many",
    ours: "coppice-0",
    theirs: "vercel",
    target: { most: 0.3 },
    ratio: processor,
  },
  {
    name: "one-inline",
    what: "one agent, time of a turn: Coppice at `threads: 0` / Vercel AI SDK",
    of: "one",
    ours: "coppice-0",
    theirs: "vercel",
    target: { most: 0.6 },
    ratio: (ours, theirs) => ours.us / theirs.us,
  },
  {
    name: "one-thread",
    what: `the same: Coppice on 1 thread / a bare port and ${OVER_PORT_US} us`,
    of: "one",
    ours: "coppice-1",
    theirs: "port",
    target: { most: 1 },
    ratio: (ours, theirs) => ours.us / (theirs.us + OVER_PORT_US),
  },
];

/** Each goal with the ratios of the same round. */
export function goalsOf(contests: Contests): Recorded[] {
  return GOALS.map(({ of, ours, theirs, ratio, ...goal }) => {
    const found = ratios(contests[of].get(ours), contests[of].get(theirs), ratio);
    return { name: goal.name, what: goal.what, unit: "x", target: goal.target, found };
  });
}

function ratios(ours: Result | undefined, theirs: Result | undefined, of: Goal["ratio"]): Found {
  for (const result of [ours, theirs]) if (!isMeasured(result)) return failureOf(result);
  const others = theirs as readonly Sample[];
  return spreadOf((ours as readonly Sample[]).map((one, n) => of(one, others[n] as Sample)));
}

/** What every contestant took, in the order in which they were named. */
export function standingsOf(
  contests: Contests,
  versionOf: (contestant: Contestant) => string | null,
): Standing[] {
  const all = (Object.keys(NAMES) as Contestant[]).filter((contestant) => {
    return contests.many.has(contestant) || contests.one.has(contestant);
  });
  return all.map((contestant) => {
    const { many, one } = contests;
    const [name] = NAMES[contestant];
    const version = versionOf(contestant);
    return { name, version, many: costOf(many.get(contestant)), one: costOf(one.get(contestant)) };
  });
}

function costOf(result: Result | undefined): Standing["many"] {
  if (result === undefined) return null;
  if (!isMeasured(result)) return failureOf(result);
  const spread = (of: (sample: Sample) => number): Spread => spreadOf(result.map(of));
  return { us: spread(({ us }) => us), cpuUs: spread(({ cpuUs }) => cpuUs) } satisfies Cost;
}

function isMeasured(result: Result | undefined): result is readonly Sample[] {
  return Array.isArray(result) && result.length > 0;
}

function failureOf(result: Result | undefined): { readonly failed: string } {
  if (result !== undefined && "failed" in result) return { failed: result.failed };
  return { failed: "not measured" };
}
