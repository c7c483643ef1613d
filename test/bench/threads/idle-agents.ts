import { type AnyEvent, Supervisor } from "coppice";
import { scripted } from "coppice/testing";

// Prints by how many bytes the memory of this process grows with so many idle agents.
const [kind, threads, many, kin] = process.argv.slice(2);
const gc = globalThis.gc as () => void;
const used = () => process.memoryUsage()[kind === "rss" ? "rss" : "heapUsed"];
const machine = new URL("../machines/lead.ts", import.meta.url).href;
// Those of the first call, and the two leads.
const bound = Number(many) + 10;

await using supervisor = await Supervisor.start({
  threads: Number(threads),
  limits: { concurrency: bound, queue: bound },
  agents: {
    waits: { model: scripted("Ready."), lifetime: "session" },
    lead: {
      machine,
      agents: ["waits"],
      limits: { spawns: bound, children: bound },
      lifetime: "session",
    },
  },
});
// Threads and code are there before it is counted.
await begin(4);
gc();
const before = used();
await begin(Number(many));
gc();
process.stdout.write(String(used() - before));

/** Resolves when as many more agents wait for their next message: runs, or below one. */
async function begin(count: number): Promise<void> {
  const waiting = Promise.withResolvers<void>();
  let left = count;
  const hear = ({ state }: AnyEvent) => {
    if (state !== "waiting") return;
    left -= 1;
    if (left === 0) waiting.resolve();
  };
  supervisor.on("agent.state", hear);
  if (kin === "below") void supervisor.spawn("lead", { input: count });
  else for (let n = 0; n < count; n += 1) void supervisor.spawn("waits", { input: "go" });
  await waiting.promise;
  supervisor.off("agent.state", hear);
}
