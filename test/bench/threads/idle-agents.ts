import { type AnyEvent, Supervisor } from "coppice";
import { scripted } from "coppice/testing";

// Prints by how many bytes the memory of this process grows with so many idle agents.
const [kind, threads, many] = process.argv.slice(2);
const gc = globalThis.gc as () => void;
const used = () => process.memoryUsage()[kind === "rss" ? "rss" : "heapUsed"];
const agents = { waits: { model: scripted("Ready."), lifetime: "session" } } as const;
const limits = { concurrency: Number(many), queue: Number(many) };

await using supervisor = await Supervisor.start({ threads: Number(threads), limits, agents });
// Threads and code are there before it is counted.
await begin(4);
gc();
const before = used();
await begin(Number(many));
gc();
process.stdout.write(String(used() - before));

/** Resolves when as many more agents wait for their next message. */
async function begin(count: number): Promise<void> {
  const waiting = Promise.withResolvers<void>();
  let left = count;
  const hear = ({ state }: AnyEvent) => {
    if (state !== "waiting") return;
    left -= 1;
    if (left === 0) waiting.resolve();
  };
  supervisor.on("agent.state", hear);
  for (let n = 0; n < count; n += 1) void supervisor.spawn("waits", { input: "go" });
  await waiting.promise;
  supervisor.off("agent.state", hear);
}
