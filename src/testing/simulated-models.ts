import { CoppiceError } from "../errors.ts";
import {
  type Model,
  type ModelCall,
  ModelCallFailed,
  type ModelReply,
  type ModelRequest,
} from "../models/model.ts";
import type { Models } from "../models/models.ts";
import { MAX_ATTEMPTS } from "../wire/attempts.ts";
import { textIn } from "../wire/transcript.ts";
import type { Random } from "./random.ts";

/** Wraps models for a simulation: at a rate, a stream is cut after it has begun. */
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

/**
 * Calls the model and drops the end of its reply. The usage has the prompt's tokens, which the
 * service has reported and may bill.
 */
async function cutShort(model: Model, request: ModelRequest, call: ModelCall): Promise<ModelReply> {
  const { content, usage } = await model.call(request, call);
  const attempt = (call.failed ?? 0) + 1;
  const message = "The simulation has this stream cut";
  const error = new CoppiceError("MODEL_FAILED", message, {
    type: "stream_cut",
    attempts: attempt,
  });
  const again = { attempt, delayMs: 500 * 2 ** (attempt - 1) };
  throw new ModelCallFailed(error, {
    usage: { ...usage, outputTokens: 0 },
    partial: true,
    partialText: textIn({ role: "assistant", content }),
    ...(attempt < MAX_ATTEMPTS && { again }),
  });
}
