import { CoppiceError } from "../errors.ts";
import type { ModelRequest } from "../models/model.ts";
import type { Models } from "../models/models.ts";
import { noTokens } from "../models/token-usage.ts";
import type { HostItem } from "../wire/delivery.ts";
import { encodeError } from "../wire/error-codec.ts";
import type { JobReport } from "../wire/frame.ts";
import type { Json } from "../wire/json.ts";
import type { Block, TurnMessage } from "../wire/transcript.ts";
import { type HeldTemplate, modelAt } from "./held-template.ts";
import { ModelRun } from "./model-run.ts";

type Job = Extract<HostItem, { readonly type: "job" }>;

/** Model calls that this host runs for agents that live elsewhere. */
export interface HostedJobs {
  start(job: Job, held: HeldTemplate | undefined): void;
  /** Ends the stream of a call; its report says what it used. */
  cancel(callId: string): void;
  close(): void;
}

export interface JobSurroundings {
  readonly models: Models;
  readonly words: Int32Array;
  readonly report: (report: JobReport) => void;
}

export function createModelJobs({ models, words, report }: JobSurroundings): HostedJobs {
  const runs = new Map<string, ModelRun>();

  function fail(callId: string, error: CoppiceError): void {
    const result = { isError: true, error: encodeError(error, "MODEL_FAILED") } as const;
    report({ type: "done", callId, usage: noTokens, result });
  }

  return {
    start(item, held) {
      const { callId, word, model: index = 0 } = item;
      const spec = held === undefined ? undefined : modelAt(held, index);
      if (held === undefined || spec === undefined) {
        fail(callId, new CoppiceError("MODEL_FAILED", `Call ${callId} names no model`));
        return;
      }
      if (Atomics.load(words, word) !== 0) {
        fail(callId, new CoppiceError("CANCELLED", `Call ${callId} was cancelled before it began`));
        return;
      }
      // Nobody asks for it twice here, and what is under way has been paid for.
      if (runs.has(callId)) return;
      const run = new ModelRun({
        onText: (text) => report({ type: "output", callId, text }),
        onRetry: (retry) => report({ type: "retried", callId, ...retry }),
        onGrowth: (usage) => report({ type: "grew", callId, usage }),
        onReply: ({ content: said, stopReason, usage, partial }) => {
          runs.delete(callId);
          // Its machine calls tools as they are, whatever its model was shown of them.
          const content = held.renamesKeys ? withInputs(said, held.trueInput) : said;
          const result = { isError: false, content, stopReason } as const;
          report({ type: "done", callId, usage, ...(partial && { partial }), result });
        },
        onFailure: ({ error, usage, partial, again }) => {
          runs.delete(callId);
          const how = { ...(partial && { partial }), ...(again && { again }) };
          report({ type: "done", callId, usage, ...how, result: { isError: true, error } });
        },
      });
      runs.set(callId, run);
      run.start(() => models.of(spec), requestOf(item, held), item);
    },
    cancel(callId) {
      runs.get(callId)?.abort();
    },
    close() {
      for (const run of runs.values()) run.abandon();
      runs.clear();
    },
  };
}

function requestOf({ job, maxTokens, turn }: Job, held: HeldTemplate): ModelRequest {
  const { template } = held;
  const { system = template.instructions, tools: shown } = job;
  const messages = held.renamesKeys ? job.messages.map(shownBy(held)) : job.messages;
  const tools = template.tools.filter(
    ({ name, subject }) => shown === undefined || shown.includes(subject) || shown.includes(name),
  );
  const asked = { messages, tools, maxTokens, turn };
  return system === undefined ? asked : { ...asked, system };
}

/** A message whose calls have the keys that the model was shown. */
function shownBy({ shownInput }: HeldTemplate): (message: TurnMessage) => TurnMessage {
  return (message) =>
    typeof message.content === "string"
      ? message
      : { ...message, content: withInputs(message.content, shownInput) };
}

function withInputs(
  content: readonly Block[],
  inputOf: (tool: string, input: Json) => Json,
): readonly Block[] {
  return content.map((block) =>
    block.type === "tool_use" ? { ...block, input: inputOf(block.name, block.input) } : block,
  );
}
