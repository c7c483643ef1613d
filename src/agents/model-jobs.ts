import { CoppiceError } from "../errors.ts";
import type { ModelRequest } from "../models/model.ts";
import type { Models } from "../models/models.ts";
import { noTokens } from "../models/token-usage.ts";
import type { HostItem } from "../wire/delivery.ts";
import { encodeError } from "../wire/error-codec.ts";
import type { JobReport } from "../wire/frame.ts";
import type { Json } from "../wire/json.ts";
import type { Block, TurnMessage } from "../wire/transcript.ts";
import { type LoadedTemplate, modelAt } from "./loaded-template.ts";
import { ModelRun } from "./model-run.ts";

type Job = Extract<HostItem, { readonly type: "job" }>;

/** Model calls that this host runs for agents on other hosts. */
export interface HostedJobs {
  start(job: Job, loaded: LoadedTemplate | undefined): void;
  /** Aborts the stream of a call; its report contains its usage. */
  cancel(callId: string): void;
  close(): void;
}

export interface JobSurroundings {
  readonly models: Models;
  readonly cancelFlags: Int32Array;
  readonly report: (report: JobReport) => void;
}

export function createModelJobs({ models, cancelFlags, report }: JobSurroundings): HostedJobs {
  const runs = new Map<string, ModelRun>();

  function fail(callId: string, error: CoppiceError): void {
    const result = { isError: true, error: encodeError(error, "MODEL_FAILED") } as const;
    report({ type: "done", callId, usage: noTokens, result });
  }

  return {
    start(item, loaded) {
      const { callId, cancelFlag, model: index = 0 } = item;
      const spec = loaded === undefined ? undefined : modelAt(loaded, index);
      if (loaded === undefined || spec === undefined) {
        fail(callId, new CoppiceError("MODEL_FAILED", `Call ${callId} names no model`));
        return;
      }
      if (Atomics.load(cancelFlags, cancelFlag) !== 0) {
        fail(callId, new CoppiceError("CANCELLED", `Call ${callId} was cancelled before it began`));
        return;
      }
      // A call that runs has been paid for, and is not started a second time.
      if (runs.has(callId)) return;
      const run = new ModelRun({
        onText: (text) => report({ type: "output", callId, text }),
        onRetry: (retry) => report({ type: "retried", callId, ...retry }),
        onGrowth: (usage) => report({ type: "grew", callId, usage }),
        onReply: ({ content: said, stopReason, usage, partial }) => {
          runs.delete(callId);
          // A machine calls tools by their own keys, whichever keys its model was shown.
          const content = loaded.renamesKeys ? withInputs(said, loaded.trueInput) : said;
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
      run.start(() => models.of(spec), requestOf(item, loaded), item);
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

function requestOf({ job, maxTokens, turn }: Job, loaded: LoadedTemplate): ModelRequest {
  const { template } = loaded;
  const { system = template.instructions, tools: shown } = job;
  const messages = loaded.renamesKeys ? job.messages.map(shownBy(loaded)) : job.messages;
  const tools = template.tools.filter(
    ({ name, subject }) => shown === undefined || shown.includes(subject) || shown.includes(name),
  );
  const asked = { messages, tools, maxTokens, turn };
  return system === undefined ? asked : { ...asked, system };
}

/** Returns a function that gives the calls in a message the keys that the model was shown. */
function shownBy({ shownInput }: LoadedTemplate): (message: TurnMessage) => TurnMessage {
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
