/**
 * A supervisor inside an HTTP service: a run for each request, streamed to the client, and gone
 * when the client is. Without a key a function answers in place of the model; with
 * ANTHROPIC_API_KEY it is Claude.
 *
 *     node --conditions=coppice-source examples/service/main.ts
 *
 *     curl -N http://127.0.0.1:8080/runs -H 'x-api-key: key-acme' \
 *       -H 'content-type: application/json' -d '{ "input": "Where is order 42?" }'
 *
 * Look for: deltas as `event: output`; press Ctrl-C in curl and look at /metrics, where nothing of
 * the run is left; more runs at once than a tenant or the queue may have answer 429, a spent
 * budget 402. SIGTERM closes the service: no new runs, those under way may end within GRACE_MS,
 * the rest is cancelled and told so, and the program exits 0. A second SIGTERM ends it at once.
 *
 *     event: output
 *     data: {"path":"/assistant","text":"Let me look. "}
 *
 *     event: tool.started
 *     data: {"path":"/assistant","tool":"look_up"}
 *
 * Outside of this repository it needs `npm install hono @hono/node-server`. `coppice run` cannot
 * start a service: the swarm that answers is in agents.ts, and can be run from there.
 */
import { once } from "node:events";
import { setTimeout as sleep } from "node:timers/promises";
import { serve } from "@hono/node-server";
import { Supervisor } from "coppice";
import swarm from "./agents.ts";
import { Service } from "./app.ts";

const setting = (name: string, otherwise: number): number => Number(process.env[name] ?? otherwise);
const graceMs = setting("GRACE_MS", 10_000);

await using supervisor = await Supervisor.start({
  ...swarm,
  threads: setting("THREADS", 2),
  limits: { concurrency: setting("CONCURRENCY", 256), queue: setting("QUEUE", 64), depth: 1 },
});
const service = new Service(supervisor);
const address = { port: setting("PORT", 8080), hostname: "127.0.0.1" };
const server = serve({ fetch: service.app.fetch, ...address }, ({ port }) => {
  console.log(`listening on http://127.0.0.1:${port}`);
});

await Promise.race([once(process, "SIGTERM"), once(process, "SIGINT")]);
console.log("closing");
const closed = new Promise((resolve) => server.close(resolve));
await Promise.race([service.close(), sleep(graceMs, undefined, { ref: false })]);
await supervisor.stop();
// Every client has been told by now; one that does not listen is not waited for.
if ("closeAllConnections" in server) setTimeout(() => server.closeAllConnections(), 500).unref();
await closed;
console.log("closed");
