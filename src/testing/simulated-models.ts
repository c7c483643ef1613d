import { CoppiceError } from "../errors.ts";
import {
  type Model,
  type ModelCall,
  ModelCallFailed,
  type ModelReply,
  type ModelRequest,
} from "../models/model.ts";
import type { Models } from "../models/models.ts";
import { MOST_ATTEMPTS } from "../wire/attempts.ts";
import { textIn } from "../wire/transcript.ts";
import type { Random } from "./random.ts";

/** The same models, in a simulation: now and then a stream is cut after it has begun. */
export function simulatedModels(models: Models, random: Random, rate: number): Models {
  return {
    of(spec) {
      const model = models.of(spec);
      const call: Model["call"] = (request, about) =>
        random.chance(rate) ? cutShort(model, request, about) : model.call(request, about);
      return { call };
    },
  };
}

/** All but its end is heard: its service has said how long the prompt is, and may bill it. */
async function cutShort(model: Model, request: ModelRequest, call: ModelCall): Promise<ModelReply> {
  const { content, usage } = await model.call(request, call);
  const attempt = (call.failed ?? 0) + 1;
  const told = "The simulation has this stream cut";
  const error = new CoppiceError("MODEL_FAILED", told, { type: "stream_cut", attempts: attempt });
  const again = { attempt, delayMs: 500 * 2 ** (attempt - 1) };
  throw new ModelCallFailed(error, {
    usage: { ...usage, outputTokens: 0 },
    partial: true,
    partialText: textIn({ role: "assistant", content }),
    ...(attempt < MOST_ATTEMPTS && { again }),
  });
}
