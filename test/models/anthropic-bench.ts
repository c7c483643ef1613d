import { createModels, type ModelsOptions } from "../../src/models/models.ts";
import { ManualClock } from "../../src/testing/manual-clock.ts";
import type { AnthropicModel } from "../../src/wire/spec.ts";
import {
  type MessagesServerOptions,
  type ServerReply,
  startMessagesServer,
} from "../fixtures/messages-server.ts";

export const testKey = "sk-ant-test-0123456789-secret";

/** A model of the real SDK that talks to a local server, under a clock that stands still. */
export async function startBench(
  reply: MessagesServerOptions["reply"] | readonly ServerReply[],
  options: Partial<ModelsOptions> = {},
) {
  const answer: MessagesServerOptions["reply"] =
    typeof reply === "function" ? reply : (_, index) => reply[index] ?? reply.at(-1)!;
  const server = await startMessagesServer({ key: testKey, reply: answer });
  const clock = new ManualClock();
  const models = createModels({
    env: { ANTHROPIC_API_KEY: testKey, ANTHROPIC_BASE_URL: server.url },
    importModule: (url) => import(url),
    clock,
    chance: () => 0,
    ...options,
  });
  return {
    server,
    clock,
    model: (spec: Partial<AnthropicModel> = {}) =>
      models.of({ provider: "anthropic", model: "claude-test", ...spec }),
    passWaits: async (count: number) => {
      for (let n = 0; n < count; n += 1) clock.advance(await clock.nextTimer());
    },
    [Symbol.asyncDispose]: () => server.close(),
  };
}
