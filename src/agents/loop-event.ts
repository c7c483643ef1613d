import type { AgentEvent } from "../../machines/agent.ts";
import type { DeliveryBody } from "../wire/delivery.ts";
import type { HeldTemplate } from "./held-template.ts";
import { childBlocks, messageBlocks, noteBlocks, resultContent } from "./turn-content.ts";

/** What a delivery means to the chart of the loop. */
export function loopEvent(body: DeliveryBody, held: HeldTemplate): AgentEvent {
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
        result: resultContent(body.result, held),
      };
    case "message": {
      const blocks = messageBlocks(body);
      const asked = body.askId === undefined ? {} : { askId: body.askId };
      return { type: "message.received", blocks, ...asked };
    }
    case "note":
      return { type: "message.received", blocks: noteBlocks(body) };
    case "child":
      return { type: "message.received", blocks: childBlocks(body, held) };
    case "end":
      return { type: "end.requested" };
  }
}
