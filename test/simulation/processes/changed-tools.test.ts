import type { AnyEvent, Json, SupervisorOptions } from "coppice";
import { expect, it } from "vitest";
import { Noted } from "../../../src/engine/outside.ts";
import { launch } from "../../../src/supervisor/launch.ts";
import { Supervisor } from "../../../src/supervisor/supervisor.ts";
import { replayed } from "../../../src/testing/replay.ts";
import { difference, runState, wholeState } from "../../../src/testing/whole-state.ts";
import { systemClock } from "../../../src/wire/clock.ts";
import { call, script } from "../../supervisor/scripts.ts";
import { fixture } from "../../tools/fixture-toolbox.ts";

const calls = (name: string, input: Json = {}) => call(`c/${name}`, input);
const options: SupervisorOptions = {
  threads: 0,
  mcpServers: { c: fixture("changing-server.ts") },
  agents: {
    changer: { model: script([calls("change", { gone: true, more: ["late"] })], "changed") },
    worker: { model: script([calls("late"), calls("act")], "worked") },
  },
};
for (const spec of Object.values(options.agents ?? {})) Object.assign(spec, { tools: ["c/*"] });

it("what a server's tools were when they were called is what is seen again", async () => {
  const rows: { readonly text: string; readonly run: string | undefined }[] = [];
  const noted = new Noted(systemClock, (text, run) => rows.push({ text, run }));
  const { start } = noted;
  const swarm = await launch(options, { outside: () => noted });
  const supervisor: Supervisor = Reflect.construct(Supervisor, [swarm, undefined]);
  const told: AnyEvent[] = [];
  supervisor.on("*", (event) => told.push(event));
  await supervisor.run("changer", { input: "Go." });
  await expect.poll(() => swarm.parts.toolbox.knows("c/late")).toBe(true);
  expect(await supervisor.run("worker", { input: "Go." })).toMatchObject({ output: "worked" });
  const of = (type: string) =>
    told.filter((event) => event.type === type && event.path === "/worker");
  expect(of("tool.finished").map(({ result }) => result)).toEqual(["acted"]);
  expect(of("tool.denied").map(({ code }) => code)).toEqual(["TOOL_UNKNOWN"]);
  await supervisor.run("worker", { name: "late", input: "Go.", tools: ["c/late"] });
  await supervisor.stop();
  const noFact = () => false;
  const [whole, worker] = [wholeState(swarm), runState(swarm, "/worker", noFact)];
  {
    await using again = await replayed(options, { start });
    for (const { text } of rows) again.take(text);
    expect(difference(whole, wholeState(again.swarm))).toBeUndefined();
  }
  await using alone = await replayed(options, { start, isAlone: true });
  for (const { text, run } of rows) if (run === "/worker") alone.take(text);
  expect(difference(worker, runState(alone.swarm, "/worker", noFact))).toBeUndefined();
});
