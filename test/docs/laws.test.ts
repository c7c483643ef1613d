import { defineTool, Supervisor, type ToolContext } from "coppice";
import { call, scripted, TestProbe } from "coppice/testing";
import { expect, it } from "vitest";

/** Laws of docs/runtime-semantics.md that no other test holds. */
function tool(name: string, execute: (input: unknown, context: ToolContext) => Promise<string>) {
  return defineTool({ name, description: name, input: { type: "object" }, execute });
}

it("calls of one turn run at once", async () => {
  const both = Promise.withResolvers<void>();
  let running = 0;
  const meet = tool("meet", async () => {
    running += 1;
    if (running === 2) both.resolve();
    await both.promise;
    return "met";
  });
  const agent = { model: scripted([[call("meet"), call("meet")], "Done."]), tools: ["meet"] };
  await using supervisor = await Supervisor.start({ threads: 0, tools: [meet], agents: { agent } });
  const outcome = await supervisor.run("agent", { input: "Go.", timeoutMs: 10_000 });
  expect(outcome).toMatchObject({ status: "completed", usage: { toolCalls: 2 } });
});

it("a cancel signals a subtree from the deepest up", async () => {
  const signalled: string[] = [];
  const hold = tool("hold", async (_input, { signal, path }) => {
    const over = Promise.withResolvers<string>();
    signal.addEventListener("abort", () => {
      signalled.push(path);
      over.resolve("over");
    });
    return await over.promise;
  });
  const below = (agent: string) => call("spawn_agent", { agent, input: "Go." });
  const tools = ["hold"];
  await using supervisor = await Supervisor.start({
    threads: 0,
    tools: [hold],
    agents: {
      one: { model: scripted([[call("hold"), below("two")]]), tools, agents: ["two"] },
      two: { model: scripted([[call("hold"), below("three")]]), tools, agents: ["three"] },
      three: { model: scripted([[call("hold")]]), tools },
    },
  });
  using probe = new TestProbe(supervisor);
  const ref = await supervisor.spawn("one", { input: "Go." });
  await probe.waitFor(({ type, path }) => type === "tool.started" && path === "/one/two/three");
  await ref.cancel();
  expect(signalled).toEqual(["/one/two/three", "/one/two", "/one"]);
});
