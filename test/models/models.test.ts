import { describe, expect, it } from "vitest";
import { CoppiceError } from "../../src/errors.ts";
import { createModels } from "../../src/models/models.ts";
import { ManualClock } from "../../src/testing/manual-clock.ts";
import type { ModelSpec } from "../../src/wire/spec.ts";
import { say, startMessagesServer } from "../fixtures/messages-server.ts";
import { recordCall, request } from "./recorded-call.ts";

function models(env = {}) {
  const importModule = async (url: string) => ({ default: () => `from ${url}` });
  return createModels({ env, importModule, clock: new ManualClock() });
}

describe("the models of a host", () => {
  it("finds a scripted model, and a module by its URL", async () => {
    const scripted: ModelSpec = { provider: "scripted", steps: [{ text: "5" }] };
    const script = await models().of(scripted).call(request(), recordCall().call);
    expect(script.content).toEqual([{ type: "text", text: "5" }]);
    const module = models().of({ provider: "file:///a.ts" });
    const reply = await module.call(request(), recordCall().call);
    expect(reply.content).toEqual([{ type: "text", text: "from file:///a.ts" }]);
  });

  it("gives the same model for the same spec", () => {
    const spec: ModelSpec = { provider: "scripted", steps: [] };
    const host = models();
    expect(host.of(spec)).toBe(host.of(spec));
    expect(host.of({ ...spec })).not.toBe(host.of(spec));
  });

  it.each(["openai", "", "http://example.com/model.js", "toString"])(
    "refuses the provider %j",
    (provider) => {
      expect(() => models().of({ provider })).toThrow(CoppiceError);
      expect(() => models().of({ provider })).toThrow(/anthropic, scripted, file:/);
    },
  );

  it("asks the base URL of the spec before that of the environment", async () => {
    await using chosen = await startMessagesServer({ reply: () => say("chosen") });
    await using usual = await startMessagesServer({ reply: () => say("usual") });
    const host = models({ ANTHROPIC_API_KEY: "key-for-tests", ANTHROPIC_BASE_URL: usual.url });
    const spec = { provider: "anthropic" as const, model: "claude-test" };
    const ask = async (own: object) => {
      const { content } = await host.of({ ...spec, ...own }).call(request(), recordCall().call);
      return content[0];
    };
    expect(await ask({})).toEqual({ type: "text", text: "usual" });
    expect(await ask({ baseUrl: chosen.url })).toEqual({ type: "text", text: "chosen" });
  });

  it("serves more base URLs than it keeps clients for", async () => {
    await using server = await startMessagesServer({ reply: () => say("5") });
    const host = models({ ANTHROPIC_API_KEY: "key-for-tests" });
    for (let n = 0; n <= 17; n += 1) {
      const baseUrl = `${server.url}${n % 2 ? "/" : ""}`;
      const spec = { provider: "anthropic" as const, model: "claude-test", baseUrl };
      await host.of(spec).call(request(), recordCall().call);
    }
    expect(server.requests).toHaveLength(18);
  });
});
