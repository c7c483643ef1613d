import { execFile } from "node:child_process";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { describe, expect, it } from "vitest";
import { Supervisor } from "../../../src/index.ts";
import { launch } from "../../../src/supervisor/launch.ts";

const root = fileURLToPath(new URL("../../../", import.meta.url));

describe("without an SDK", () => {
  it("nothing listens, nothing is recorded", async () => {
    const swarm = await launch({ threads: 0 });
    expect(swarm.parts.telemetry).toBeUndefined();
    const supervisor: Supervisor = Reflect.construct(Supervisor, [swarm, undefined]);
    await supervisor.stop();
  });

  // That the count can rise is shown by what only looks as if something were registered.
  it.each([
    ["not even loaded", "", /^Hello! 0$/],
    ["loaded once something is registered", "register();", /^Hello! [1-9]/],
  ])("the API of OpenTelemetry is %s", async (_, before, said) => {
    const program = `
      import { createRequire } from "node:module";
      import { Supervisor } from "coppice";
      const register = () => {
        globalThis[Symbol.for("opentelemetry.js.api.1")] = { version: "1.9.0" };
      };
      ${before}
      await using supervisor = await Supervisor.start({ threads: 0 });
      const model = { provider: "scripted", steps: [{ text: "Hello!" }] };
      const outcome = await supervisor.run({ model }, { input: "Say hello." });
      const loaded = Object.keys(createRequire(import.meta.url).cache);
      console.log(outcome.output, loaded.filter((path) => path.includes("opentelemetry")).length);
    `;
    const { stdout } = await promisify(execFile)(
      process.execPath,
      ["--conditions=coppice-source", "--input-type=module", "--eval", program],
      { cwd: root, timeout: 60_000 },
    );
    expect(stdout.trim()).toMatch(said);
  });
});
