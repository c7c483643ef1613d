import { describe, expect, it } from "vitest";
import { type AgentSpec, defineTool, type Json, Supervisor } from "../../src/index.ts";
import {
  type MessagesRequestBody,
  pictures,
  type SaidBlock,
  type ServerReply,
  say,
  startMessagesServer,
  text,
  toolUse,
} from "../fixtures/messages-server.ts";

process.env.ANTHROPIC_API_KEY = "sk-ant-test";

const call = toolUse("toolu_1", "look", {});

/** A service that answers in turn, and a supervisor with one tool that gives `result`. */
async function open(replies: readonly ServerReply[], result: () => unknown = () => "ok") {
  const server = await startMessagesServer({
    reply: (_, index) => replies[index] ?? say("and so on"),
  });
  const look = defineTool({ name: "look", description: "Looks", input: {}, execute: result });
  const supervisor = await Supervisor.start({ threads: 0, tools: [look] });
  const model = {
    provider: "anthropic",
    model: "claude-sonnet-4-5",
    baseUrl: server.url,
  } as const;
  return {
    supervisor,
    sent: () => server.requests.map(({ body }) => body),
    agent: (spec: Partial<AgentSpec> = {}): AgentSpec => ({ model, tools: ["look"], ...spec }),
    model,
    [Symbol.asyncDispose]: async () => {
      await supervisor.stop();
      await server.close();
    },
  };
}

/** What the first tool call of a run was answered, as the model read it. */
function resultIn(body: MessagesRequestBody | undefined): unknown {
  const content = body?.messages?.at(-1)?.content;
  return Array.isArray(content) ? content[0]?.content : content;
}

async function runWith(result: () => unknown) {
  await using world = await open([say([call]), say("done")], result);
  const outcome = await world.supervisor.run(world.agent(), { input: "go" });
  expect(outcome).toMatchObject({ status: "completed", output: "done" });
  return resultIn(world.sent()[1]);
}

const image = (media_type: string, data: string) => [
  { type: "image", source: { type: "base64", media_type, data } },
];

describe("what a tool gives is sent in a form that the service takes:", () => {
  it.each<[string, Json, unknown]>([
    ["half of a character", "cut \ud83d here", "cut \ufffd here"],
    ["nothing", "", "[empty result]"],
    ["white space", " \n ", "[empty result]"],
    ["rows that look like blocks", [{ type: "text", text: "a", author: "b" }], /"author":"b"/],
    ["a key with half of a character", { "\ud83d": 1 }, /d83d/],
    ["blank blocks", [{ type: "text", text: " " }], "[empty result]"],
    ["a picture of 6 MB", image("image/png", "A".repeat(6 * 1_024 * 1_024)), /6\.0 MB left out/],
    ["a picture of another kind", image("image/tiff", "AAAA"), /image\/tiff left out/],
    ["a picture without data", image("image/png", ""), /no data/],
    ["a picture called jpg", image("image/jpg", pictures["image/jpeg"]), /"image\/jpeg"/],
    ["a field named image", { type: "image", source: 1 }, /"source":1/],
  ])("%s", async (_, value, expected) => {
    const sent = await runWith(() => value);
    if (expected instanceof RegExp)
      expect(JSON.stringify(sent).replaceAll("\\", "")).toMatch(expected);
    else expect(sent).toEqual(expected);
  });

  it("a long error is not cut in the middle of an emoji", async () => {
    for (const before of ["", "a"]) {
      const sent = await runWith(() => {
        throw new Error(before + "🎉".repeat(9_000));
      });
      expect(String(sent).isWellFormed()).toBe(true);
      expect(sent).not.toContain("\ufffd");
    }
  });

  it("an error without a word has one", async () => {
    const sent = await runWith(() => {
      throw new Error(" ");
    });
    expect(sent).toMatch(/^TOOL_FAILED: Tool "look" failed/);
  });
});

describe("what a session is told is sent in a form that the service takes:", () => {
  it.each<[string, Json]>([
    ["nothing", ""],
    ["white space", " \n"],
    ["no value at all", undefined as unknown as Json],
    ["no blocks", []],
    ["a blank block", [{ type: "text", text: "" }]],
    ["a text field that is blank", { text: "" }],
    ["half of a character", "a\udc00"],
    ["a picture of 6 MB", image("image/png", "A".repeat(6_400_000))],
  ])("%s", async (_, message) => {
    await using world = await open([say("Hello."), say("Answer.")]);
    const spec = world.agent({ lifetime: "session" });
    const agent = await world.supervisor.spawn(spec, { input: "hello" });
    expect(await agent.ask(message, { timeoutMs: 60_000 })).toBe("Answer.");
    expect(world.sent()).toHaveLength(2);
  });

  it("an input that is blank, and instructions that are", async () => {
    for (const instructions of [" ", "a\ud83d"]) {
      await using world = await open([say("Hello.")]);
      const outcome = await world.supervisor.run(world.agent({ instructions }), { input: " " });
      expect(outcome).toMatchObject({ status: "completed", output: "Hello." });
      expect(world.sent()[0]!.messages).toMatchObject([{ content: [{ text: "[empty message]" }] }]);
    }
  });

  it("the child of a model that gave it a blank input", async () => {
    const spawn = toolUse("toolu_1", "spawn_agent", { agent: "child", input: "  " });
    await using world = await open([say([spawn]), say("From the child."), say("done")]);
    const { supervisor } = world;
    await using nested = await Supervisor.start({
      threads: 0,
      agents: {
        lead: { model: world.model, agents: ["child"] },
        child: { model: world.model },
      },
    });
    expect(await nested.run("lead", { input: "go" })).toMatchObject({
      status: "completed",
      output: "done",
    });
    expect(supervisor.health().live).toBe(true);
  });
});

describe("what the user's spec says is sent in a form that the service takes:", () => {
  const hour = { cache_control: { type: "ephemeral", ttl: "1h" } };

  it("marks of the user's beside ours are four, and keep their ttl", async () => {
    await using world = await open([say([call]), say([call]), say("done")]);
    const input = ["a", "b"].map((said) => ({ ...text(said), ...hour }));
    const spec = world.agent({ instructions: "Look." });
    const outcome = await world.supervisor.run(spec, { input: input as unknown as Json });
    expect(outcome).toMatchObject({ status: "completed" });
    const bodies = world.sent();
    expect(bodies).toHaveLength(3);
    for (const body of bodies) {
      expect(body.messages![0]!.content).toEqual(input);
      expect(JSON.stringify(body).split("cache_control").length - 1).toBe(4);
    }
  });

  it.each([
    [undefined, 7_168],
    [20_000, 10_000],
    [2_048, 1_024],
    [2_047, undefined],
  ])("with maxTokens %s thinks %s of 10,000", async (maxTokens, budget_tokens) => {
    await using world = await open([say("done")]);
    const thinking = { type: "enabled", budget_tokens: 10_000 };
    const model = { ...world.model, thinking, ...(maxTokens !== undefined && { maxTokens }) };
    const outcome = await world.supervisor.run(world.agent({ model }), { input: "go" });
    expect(outcome.status).toBe("completed");
    expect(world.sent()[0]!.thinking?.budget_tokens).toBe(budget_tokens);
  });
});

describe("what a machine asks its model is sent in a form that the service takes:", () => {
  const machine = new URL("../fixtures/supervisor/asks-with.ts", import.meta.url).href;
  const use = (id: string, input: Json = {}) => ({ type: "tool_use", id, name: "look", input });
  const result = (id: string, content: Json) => ({
    type: "tool_result",
    tool_use_id: id,
    content,
  });
  const user = (content: Json) => ({ role: "user", content });
  const said = (content: Json) => ({ role: "assistant", content });

  it.each<[string, Json[]]>([
    ["nothing", []],
    ["its own words at the end", [user("go"), said("I will")]],
    ["its own words at the beginning", [said("hello"), user("go")]],
    ["blank and broken text", [user("a\ud83d"), said(" "), user([{ type: "text", text: "" }])]],
    ["a call without its result", [user("go"), said([use("a")]), user("and?")]],
    ["a result without its call", [user("go"), said("no"), user([result("a", "b")])]],
    ["an id twice", [user("go"), said([use("a"), use("a")]), user([result("a", "b")])]],
    ["odd ids and inputs", [user("go"), said([use("a b", "str")]), user([result("a b", [1])])]],
    ["an odd block", [user([{ type: "document", source: 1 }]), said([{ type: "text" }])]],
  ])("%s", async (_, messages) => {
    await using world = await open([say("done")]);
    const spec = { machine, model: world.model, tools: ["look"] };
    const outcome = await world.supervisor.run(spec, { input: { messages } });
    expect(outcome).toMatchObject({
      status: "completed",
      output: { isError: false, value: { text: "done" } },
    });
  });
});

describe("a conversation with many images", () => {
  const png = (width: number, bytes = 66) => {
    const head = Buffer.alloc(bytes);
    head.write("\x89PNG\r\n\x1a\n\0\0\0\rIHDR", "latin1");
    head.writeUInt32BE(width, 16);
    head.writeUInt32BE(10, 20);
    return head.toString("base64");
  };
  const images = (count: number, width: number) =>
    Array.from({ length: count }, () => image("image/png", png(width))[0]);
  const shown = (body: MessagesRequestBody | undefined) =>
    JSON.stringify(body).split('"type":"image"').length - 1;

  it.each([
    ["100 small ones and no more", images(101, 10), 100],
    ["20 where one is large, and no more", [...images(1, 3_000), ...images(20, 10)], 20],
    ["20 small ones before a large one", [...images(20, 10), ...images(1, 3_000)], 20],
  ])("shows %s", async (_, input, count) => {
    await using world = await open([say("done")]);
    const outcome = await world.supervisor.run(world.agent(), { input: input as Json });
    expect(outcome.status).toBe("completed");
    expect(shown(world.sent()[0])).toBe(count);
  });

  it("stays under the size of a request", async () => {
    const large: SaidBlock[] = Array.from({ length: 9 }, (_, n) => toolUse(`t${n}`, "look", {}));
    const data = png(10, 3 * 1_024 * 1_024);
    await using world = await open([say(large), say("done")], () => image("image/png", data));
    const outcome = await world.supervisor.run(world.agent(), { input: "go" });
    expect(outcome.status).toBe("completed");
    expect(JSON.stringify(world.sent()[1]).length).toBeLessThan(32_000_000);
    expect(shown(world.sent()[1])).toBe(5);
  });
});

it("what a machine asks its model is sent in a form that the service takes", async () => {
  const machine = new URL("../fixtures/supervisor/one-call.ts", import.meta.url).href;
  const small = image("image/png", pictures["image/png"])[0];
  const content = Array.from({ length: 101 }, () => small);
  const input = { messages: [{ role: "user", content }], system: "half \ud83d" };
  await using world = await open([say("done")]);
  const spec = { machine, model: world.model };
  const outcome = await world.supervisor.run(spec, { input: { call: "callModel", input } as Json });
  expect(outcome).toMatchObject({ output: { isError: false, value: { text: "done" } } });
  expect(JSON.stringify(world.sent()[0])).toContain("holds 100 images");
});
