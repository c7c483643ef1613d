import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { expect, it } from "vitest";
import { realServers } from "../real-servers.ts";
import { runServer } from "../server-run.ts";

const packages = fileURLToPath(new URL("../../..", import.meta.url));
/** Those that are installed here; `npm run test:servers` visits all. */
const here = realServers.filter(({ name }) => /server-(everything|filesystem)$/.test(name));

it.each(
  here.flatMap((server) => [
    { server, over: "stdio" as const, name: server.name },
    ...(server.http ? [{ server, over: "http" as const, name: server.name }] : []),
  ]),
)("$name is called over $over by an agent, and leaves nothing", async ({ server, over }) => {
  const folder = await mkdtemp(join(tmpdir(), "coppice-server-"));
  await writeFile(join(folder, "oak.txt"), "an oak");
  const seen = await runServer(server, over, { packages, folder });
  await rm(folder, { recursive: true });
  expect(seen).toMatchObject({ skipped: 0, renamed: 0, left: [], wrong: [] });
});
