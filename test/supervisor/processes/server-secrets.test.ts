import { describe, expect, it } from "vitest";
import type { EventOf } from "../../../src/index.ts";
import { Supervisor } from "../../../src/index.ts";

const secret = 'pa"ss-word-of-nobody';

/** Says on stderr what it was given, and is gone. */
const talker = (env: Record<string, string>) => ({
  command: process.execPath,
  args: ["-e", "process.stderr.write(JSON.stringify(process.env)); process.exit(3)"],
  env,
});

async function lost(env: Record<string, string>): Promise<string> {
  await using supervisor = await Supervisor.start({ mcpServers: { talker: talker(env) } });
  for await (const event of supervisor.events({ since: 0 })) {
    if (event.type === "mcp.lost") return (event as EventOf<"mcp.lost">).error;
  }
  throw new Error("it was not lost");
}

describe("what a server was given in confidence", () => {
  it("stands in nothing that is told of its end", async () => {
    const told = await lost({ API_TOKEN: secret, STAGE: "stage-of-nobody" });
    expect(told).toContain("exited with code 3");
    expect(told).toContain("stage-of-nobody");
    expect(told).not.toContain("word-of-nobody");
  });

  it("is looked for only where the name of a variable says that it is secret", async () => {
    expect(await lost({ PLACE: secret })).toContain("word-of-nobody");
  });
});
