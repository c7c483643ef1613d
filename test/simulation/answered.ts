import type { Block } from "coppice";
import type { Invariant } from "coppice/testing";
import type { Node } from "../../src/kernel/node.ts";
import type { InnerScene } from "../../src/testing/invariant.ts";
import type { TurnMessage } from "../../src/wire/transcript.ts";

/** Every call comes to a result that its agent gets, whatever hosts are lost meanwhile. */
export const answered: Invariant = {
  name: "each call is answered",
  atRest: (scene) => {
    for (const node of nodesOf(scene as InnerScene)) {
      if (node.end !== undefined) continue;
      const lost = pendingIn(node.state).find((callId) => !node.calls.has(callId));
      if (lost !== undefined) return `${node.path} waits for ${lost}, and nobody else does`;
    }
    return undefined;
  },
  atEnd: (scene) => {
    for (const node of nodesOf(scene as InnerScene)) {
      const wrong = unpaired(node.transcript);
      if (wrong !== undefined) return `the transcript of ${node.path} has ${wrong}`;
      const sent = unpaired(sentOf(node.transcript));
      if (sent !== undefined) return `what the model of ${node.path} is sent has ${sent}`;
      const twice = calledTwice(node.transcript);
      if (twice !== undefined) return `${node.path} has two calls ${twice}`;
    }
    return undefined;
  },
};

function nodesOf({ swarm }: InnerScene): Iterable<Node> {
  return swarm.kernel.tree.nodes.values();
}

/** The calls that a machine's committed state waits for. */
function pendingIn(state: unknown): readonly string[] {
  if (typeof state !== "object" || state === null) return [];
  const { status, callId } = state as { readonly status?: unknown; readonly callId?: unknown };
  const own = status === "active" && typeof callId === "string" ? [callId] : [];
  return [...own, ...Object.values(state).flatMap(pendingIn)];
}

/** A call of the model without a result right behind it, or a result without its call. */
function unpaired(transcript: readonly TurnMessage[]): string | undefined {
  let open = new Set<string>();
  for (const { role, content } of transcript) {
    const blocks: readonly Block[] = typeof content === "string" ? [] : content;
    for (const block of blocks) {
      if (block.type === "tool_result" && !open.delete(block.tool_use_id))
        return "a result too many";
    }
    if (open.size > 0) return `no result of ${[...open].join(", ")}`;
    if (role === "user") continue;
    open = new Set(blocks.flatMap((block) => (block.type === "tool_use" ? [block.id] : [])));
  }
  return open.size === 0 ? undefined : `no result of ${[...open].join(", ")} at its end`;
}

/** Without the turns that were left out. */
function sentOf(transcript: readonly TurnMessage[]): readonly TurnMessage[] {
  const sent: TurnMessage[] = [];
  for (const message of transcript) {
    if (message.omits === undefined) sent.push(message);
    else sent.length -= message.omits;
  }
  return sent;
}

function calledTwice(transcript: readonly TurnMessage[]): string | undefined {
  const ids = transcript.flatMap(({ content }) =>
    typeof content === "string"
      ? []
      : content.flatMap((block) => (block.type === "tool_use" ? [block.id] : [])),
  );
  return ids.find((id, index) => ids.indexOf(id) !== index);
}
