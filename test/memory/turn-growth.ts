import { readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { writeHeapSnapshot } from "node:v8";
import { defineTool, Supervisor } from "../../src/index.ts";
import { script } from "../bench/loop.ts";

const AGENTS = 100;
const TURNS = 21;

/** The objects on the heap by constructor, as two snapshots tell: what there are more of. */
export interface Growth {
  readonly turns: number;
  readonly heapMb: readonly [number, number];
  /** Constructors with at least 1,000 more objects, with their counts before and after. */
  readonly more: readonly (readonly [name: string, before: number, after: number])[];
}

/** Compares the heap before and after so many turns, once what is kept has reached its bound. */
export async function turnGrowth(turns: number): Promise<Growth> {
  const add = defineTool({
    name: "add",
    description: "Adds.",
    input: { type: "object" },
    execute: () => 3,
  });
  await using supervisor = await Supervisor.start({
    threads: 0,
    tools: [add],
    limits: { concurrency: AGENTS, turns: TURNS },
    keepMb: 8,
    agents: { adder: { model: script(TURNS - 1), tools: ["add"] } },
  });
  const run = async (): Promise<void> => {
    for (let done = 0; done < turns; done += AGENTS * TURNS) {
      const runs = Array.from({ length: AGENTS }, () => supervisor.run("adder", { input: "go" }));
      for (const { status } of await Promise.all(runs)) {
        if (status !== "completed") throw new Error(`an agent is ${status}`);
      }
    }
  };
  await run();
  const before = objects();
  await run();
  const after = objects();
  const more = [...after.counts].flatMap(([name, count]) => {
    const known = before.counts.get(name) ?? 0;
    return count - known < 1_000 ? [] : [[name, known, count] as const];
  });
  return { turns, heapMb: [before.mb, after.mb], more };
}

/** Counts the objects of a snapshot, which collects all garbage first. */
function objects(): { readonly mb: number; readonly counts: ReadonlyMap<string, number> } {
  const file = writeHeapSnapshot(join(tmpdir(), `coppice-${process.pid}.heapsnapshot`));
  const { snapshot, nodes, strings } = JSON.parse(readFileSync(file, "utf8")) as {
    readonly snapshot: { readonly meta: { readonly node_fields: readonly string[] } };
    readonly nodes: readonly number[];
    readonly strings: readonly string[];
  };
  rmSync(file);
  const fields = snapshot.meta.node_fields;
  const [name, size] = [fields.indexOf("name"), fields.indexOf("self_size")];
  const type = fields.indexOf("type");
  const counts = new Map<string, number>();
  let bytes = 0;
  for (let at = 0; at < nodes.length; at += fields.length) {
    bytes += nodes[at + size] as number;
    // A text, a number and code have no constructor; they are in the sum.
    if (nodes[at + type] !== OBJECT) continue;
    const text = strings[nodes[at + name] as number] as string;
    counts.set(text, (counts.get(text) ?? 0) + 1);
  }
  return { mb: Math.round(bytes / 100_000) / 10, counts };
}

/** The type of an object in a snapshot. */
const OBJECT = 3;
