import { describe, expect, it } from "vitest";
import type { AgentSpec, ModelSpec } from "../../src/index.ts";
import type { Node } from "../../src/kernel/node.ts";
import {
  type MessagesRequestBody,
  type SaidBlock,
  say,
  startMessagesServer,
  text,
  thinking,
  toolUse,
} from "../fixtures/messages-server.ts";
import { expectAtRest, openSupervisor } from "./open-supervisor.ts";
import { countingTool } from "./scripts.ts";

process.env.ANTHROPIC_API_KEY = "sk-ant-test";

const provider = new URL("../fixtures/supervisor/cut-model.ts", import.meta.url).href;
const cut = (...pieces: readonly string[]): ModelSpec => ({ provider, pieces });
const goOn = expect.stringContaining("Go on exactly where it stopped");

describe.each([0, 2])("an answer cut by max_tokens, on %i threads", (threads) => {
  it("is gone on with up to three times, and its pieces are one output", async () => {
    await using open = await openSupervisor({ threads });
    const runs: [string[], string][] = [
      [["One."], "One."],
      [["One, t", "wo."], "One, two."],
      [["One, t", "wo, ", "three", ", four."], "One, two, three, four."],
    ];
    for (const [pieces, output] of runs) {
      const turns = pieces.length;
      const limits = { turns };
      const outcome = await open.supervisor.run({ model: cut(...pieces) }, { input: "?", limits });
      expect(outcome).toMatchObject({ status: "completed", output, usage: { modelCalls: turns } });
    }
    expectAtRest(open);
  });

  it("fails its turn when it was cut once more, and is kept as far as it came", async () => {
    await using open = await openSupervisor({ threads });
    const pieces = ["One, t", "wo, ", "three", ", four", ", five."];
    const outcome = await open.supervisor.run({ model: cut(...pieces) }, { input: "?" });
    expect(outcome).toMatchObject({
      status: "failed",
      error: {
        code: "MODEL_FAILED",
        message: expect.stringContaining("`maxTokens`"),
        details: { stopReason: "max_tokens" },
      },
      partial: "One, two, three, four",
      usage: { modelCalls: 4 },
    });
    expectAtRest(open);
  });

  it("is kept as far as it came when the turns run out", async () => {
    await using open = await openSupervisor({ threads });
    const limits = { turns: 2 };
    const outcome = await open.supervisor.run(
      { model: cut("a", "b", "c") },
      { input: "?", limits },
    );
    expect(outcome).toMatchObject({ status: "exhausted", unit: "turns", partial: "ab" });
    expectAtRest(open);
  });

  it("is the whole answer to who asked", async () => {
    await using open = await openSupervisor({ threads });
    const spec: AgentSpec = { model: cut("Ready.", "4", "2."), lifetime: "session" };
    const agent = await open.supervisor.spawn(spec, { input: "go" });
    expect(await agent.ask("how much?", { timeoutMs: 60_000 })).toBe("42.");
    await agent.cancel();
    expectAtRest(open);
  });
});

it("is kept as far as it came when its agent is killed", async () => {
  await using open = await openSupervisor({ threads: 0 });
  const agent = await open.supervisor.spawn({ model: cut("a", "b", "(hangs)") }, { input: "?" });
  await open.until("model.started", ({ turn }) => turn === 2);
  open.act((kernel) => {
    const node = kernel.find(agent.path) as Node;
    kernel.end(node, { status: "cancelled", reason: "enough" });
    kernel.kill(node);
  });
  expect(await agent.outcome).toMatchObject({ status: "killed", partial: "ab" });
});

it("is one output also when it loses its host at any event", async () => {
  let at = 0;
  for (let isLost = true; isLost; ) {
    at += 1;
    isLost = false;
    await using open = await openSupervisor({ threads: 0 });
    let happened = 0;
    open.supervisor.on("*", ({ path }) => {
      if (path !== "/cut") return;
      happened += 1;
      if (happened !== at) return;
      isLost = true;
      open.loseHostOf("/cut");
    });
    const spec: AgentSpec = { name: "cut", model: cut("a", "b", "c", "d.") };
    const outcome = await open.supervisor.run(spec, { input: "go", timeoutMs: 60_000 });
    expect([at, outcome]).toMatchObject([at, { output: "abcd." }]);
    expectAtRest(open);
  }
  expect(at).toBeGreaterThan(10);
});

describe("what the service is asked after a cut answer", () => {
  /** The conversation of the second request, after a first answer of these blocks. */
  async function afterCut(blocks: readonly SaidBlock[]) {
    const bodies: MessagesRequestBody[] = [];
    await using server = await startMessagesServer({
      reply: ({ body }, n) => {
        bodies.push(body);
        return n === 0 ? say(blocks, { stopReason: "max_tokens" }) : say(" the end");
      },
    });
    const { tool, count } = countingTool("work");
    const agent: AgentSpec = {
      model: { provider: "anthropic", model: "claude-a", baseUrl: server.url, cache: false },
      tools: ["work"],
    };
    await using open = await openSupervisor({ threads: 0, tools: [tool] });
    const outcome = await open.supervisor.run(agent, { input: "go" });
    expectAtRest(open);
    return { outcome, asked: bodies[1]?.messages?.slice(1), calls: count.calls };
  }

  it("is the piece with its thinking, and to go on", async () => {
    const { outcome, asked } = await afterCut([thinking("hm", "sig"), text("This is")]);
    expect(asked).toEqual([
      {
        role: "assistant",
        content: [
          { type: "thinking", thinking: "hm", signature: "sig" },
          { type: "text", text: "This is" },
        ],
      },
      { role: "user", content: [{ type: "text", text: goOn }] },
    ]);
    expect(outcome).toMatchObject({ status: "completed", output: "This is the end" });
  });

  it("leaves out a thought that was cut before it was signed", async () => {
    const { outcome, asked } = await afterCut([text("This is"), thinking("hm", "")]);
    expect(asked).toEqual([
      { role: "assistant", content: [{ type: "text", text: "This is" }] },
      { role: "user", content: [{ type: "text", text: goOn }] },
    ]);
    expect(outcome).toMatchObject({ output: "This is the end" });
  });

  it("is nothing where all that it had was spent on thinking: that turn has failed", async () => {
    const { outcome, asked } = await afterCut([thinking("hm", "sig")]);
    expect(asked).toBeUndefined();
    const error = { code: "MODEL_FAILED", details: { stopReason: "max_tokens" } };
    expect(outcome).toMatchObject({ status: "failed", error });
  });

  it("tells of a call that was cut in half, which is never made", async () => {
    const half = toolUse("u1", "work", {}, '{"n": 1');
    const { outcome, asked, calls } = await afterCut([text("I work."), half]);
    expect(asked?.[1]).toMatchObject({
      role: "user",
      content: [
        {
          type: "tool_result",
          tool_use_id: "u1",
          is_error: true,
          content: expect.stringContaining("was cut off"),
        },
      ],
    });
    expect([calls, outcome]).toMatchObject([0, { output: " the end" }]);
  });

  it("makes the calls that were whole when the text behind them was cut", async () => {
    const { calls, outcome } = await afterCut([toolUse("u1", "work", {}), text("And th")]);
    expect([calls, outcome]).toMatchObject([1, { output: " the end" }]);
  });
});
