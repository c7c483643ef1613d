import type { AgentEvent } from "../../machines/agent.ts";
import type { DeliveryBody } from "../wire/delivery.ts";
import type { LoadedTemplate } from "./loaded-template.ts";
import { childBlocks, messageBlocks, noteBlocks, resultContent } from "./turn-content.ts";

/** Returns the event of the loop's chart for a delivery. */
export function loopEvent(body: DeliveryBody, loaded: LoadedTemplate): AgentEvent {
  switch (body.type) {
    case "permit": {
      const { callId, maxTokens, turn, model = 0, failed, inputTokens } = body;
      const known = {
        ...(failed && { failed }),
        ...(inputTokens !== undefined && { inputTokens }),
      };
      return { type: "permit.granted", callId, maxTokens, turn, model, ...known };
    }
    case "result":
      return {
        type: "result.received",
        callId: body.callId,
        result: resultContent(body.result, loaded),
      };
    case "message": {
      const blocks = messageBlocks(body);
      const asked = body.askId === undefined ? {} : { askId: body.askId };
      return { type: "message.received", blocks, ...asked };
    }
    case "note":
      return { type: "message.received", blocks: noteBlocks(body) };
    case "child":
      return { type: "message.received", blocks: childBlocks(body, loaded) };
    // The loop sends by a tool, whose result has the refusal: only machines get this.
    case "refused":
      return { type: "message.received", blocks: [] };
    case "end":
      return { type: "end.requested" };
  }
}
