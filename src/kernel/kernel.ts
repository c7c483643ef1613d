import { CoppiceError } from "../errors.ts";
import type { CallResult } from "../wire/delivery.ts";
import type { ExhaustedUnit, Frame, Out } from "../wire/frame.ts";
import type { Json } from "../wire/json.ts";
import { idleCall, type Request, request, requestModel, settleCall } from "./calls.ts";
import { commit } from "./commit.ts";
import { flush, serveFrom, start } from "./dispatch.ts";
import type { Effect } from "./effects.ts";
import { deadLetter, endSubtree, kill } from "./ends.ts";
import { refuseQueue, refuseSpawn, tightest } from "./limits.ts";
import { loseHost, placed } from "./moves.ts";
import { type Birth, createNode, type Ending, join, type Node, subtree } from "./node.ts";
import { hasRoom, takeSlot } from "./slots.ts";
import { Tree, type TreeOptions } from "./tree.ts";

export interface SpawnHow {
  /** The exact name, where the caller chose one. */
  readonly chosen?: string | undefined;
  /** The call whose result the child's outcome will be. */
  readonly call?: string | undefined;
  /** Opens the accounts of the path; a throw refuses the spawn. */
  readonly open?: (path: string) => void;
}

/**
 * The mailbox tree: who lives, who waits, who may begin, and how everybody ends.
 *
 * **Guarantees** every call decides synchronously from the state and the time it was given; what
 * must be done about it is left in order in `takeEffects()`. No clock, no promise, no chance.
 */
export class Kernel {
  readonly tree: Tree;

  constructor(options: TreeOptions) {
    this.tree = new Tree(options);
  }

  /** Sets the time of what follows, in milliseconds. */
  at(now: number): this {
    this.tree.now = now;
    return this;
  }

  takeEffects(): readonly Effect[] {
    return this.tree.effects.splice(0);
  }

  find(path: string): Node | undefined {
    return this.tree.nodes.get(path);
  }

  /**
   * Accepts one more agent below `parent`, started at once or queued for a slot.
   *
   * **Fails with** DEPTH_EXCEEDED, SPAWNS_EXCEEDED, CHILDREN_EXCEEDED, QUEUE_FULL, NAME_INVALID,
   * AGENT_STOPPED; nothing has changed then.
   */
  spawn(parent: Node, birth: Birth, { chosen, call, open }: SpawnHow = {}): Node {
    const { tree } = this;
    if (parent.closed) throw new CoppiceError("AGENT_STOPPED", `${parent.path} is stopping`);
    const room = hasRoom(parent);
    const error =
      refuseSpawn(parent, birth) ?? (room ? undefined : refuseQueue(parent, birth.template));
    if (error !== undefined) throw error;
    const name = chosen === undefined ? parent.names.make(birth.name) : parent.names.choose(chosen);
    open?.(join(parent.path, name));
    const node = createNode(parent, { ...birth, name }, call);
    parent.children.set(name, node);
    tree.nodes.set(node.path, node);
    parent.openChildren += 1;
    for (let at: Node | undefined = parent; at !== undefined; at = at.parent) {
      at.spawnsBelow += 1;
      at.queuedBelow += 1;
    }
    tree.fact("agent.spawned", node.path, { template: birth.template, depth: node.depth });
    if (takeSlot(node, "spawn")) start(tree, node);
    if (!node.started) tree.fact("spawn.queued", node.path);
    return node;
  }

  /** The agent was posted to `host`. */
  placed(node: Node, host: string, moved: boolean): void {
    if (node.end === undefined && node.finished === undefined) placed(this.tree, node, host, moved);
  }

  commit(host: string, frame: Frame): void {
    commit(this.tree, host, frame);
  }

  /** Goes on with a request that had waited for a slot. */
  resume(node: Node, out: Out): void {
    if (!node.closed) request(this.tree, node, out as Request);
  }

  settleCall(node: Node, callId: string, result: CallResult): void {
    settleCall(this.tree, node, callId, result);
  }

  /** Permits the loop's model call: counted as a turn, delivered to its host. */
  permit(node: Node, callId: string, maxTokens: number): void {
    const call = node.calls.get(callId);
    if (call === undefined || node.ending !== undefined) return;
    call.state = "working";
    const turn = node.turns;
    node.turns += 1;
    const { attempt } = call;
    const body = { type: "permit", callId, maxTokens, attempt, turn } as const;
    node.mailbox.system.push(body);
    flush(this.tree, node);
  }

  /** Says that a call waits for something that needs no slot. */
  idleCall(node: Node, callId: string): void {
    idleCall(this.tree, node, callId);
  }

  /** Asks again for a model call whose host was lost. */
  retryModel(node: Node, callId: string): void {
    const call = node.calls.get(callId);
    if (call === undefined || node.closed) return;
    call.attempt += 1;
    requestModel(this.tree, node, call);
  }

  /** How many model turns the agent has left. */
  turnsLeft(node: Node): number {
    return tightest(node, "turns") - node.turns;
  }

  /** Ends one agent because a model call of it was refused; its parent gets that as the outcome. */
  exhaust(node: Node, unit: ExhaustedUnit, reason: string): void {
    endSubtree(this.tree, node, { status: "exhausted", unit, reason });
  }

  /** Cancels, times out or fails a subtree; the root itself only closes. */
  end(node: Node, ending: Ending): void {
    if (ending.status === "cancelled" && node.end === undefined) {
      this.tree.fact("cancel.requested", node.path, { reason: ending.reason });
    }
    endSubtree(this.tree, node, ending);
  }

  /** Kills what is left of a subtree at once. */
  kill(node: Node): void {
    kill(
      this.tree,
      [...subtree(node)].filter((at) => at.depth > 0),
    );
  }

  /** Tells an agent something. False when it cannot be accepted: a dead letter says why. */
  tell(to: Node, from: string, message: Json, askId?: string): boolean {
    const full = to.mailbox.waiting >= tightest(to, "mailbox");
    if (to.closed || to.depth === 0 || full) {
      const reason = to.closed || to.depth === 0 ? "the agent has ended" : "its mailbox is full";
      deadLetter(this.tree, { from, to: to.path, reason, message });
      return false;
    }
    const ask = askId === undefined ? {} : { askId };
    to.mailbox.user.push({ type: "message", from, message, ...ask });
    flush(this.tree, to);
    return true;
  }

  /** Tells an agent something that it must answer by `deadline`. */
  ask(to: Node, from: string, message: Json, askId: string, deadline: number): boolean {
    if (!this.tell(to, from, message, askId)) return false;
    to.asks.add(askId);
    this.tree.asks.set(askId, to);
    this.tree.deadlines.add(deadline, { type: "ask", askId });
    return true;
  }

  pause(node: Node): void {
    node.paused = true;
  }

  resumePaused(node: Node): void {
    node.paused = false;
    serveFrom(this.tree, node);
  }

  loseHost(host: string, reason: string): void {
    loseHost(this.tree, host, reason);
  }

  /** Does what is due; answers with the time of the next deadline. */
  tick(): number | undefined {
    const { tree } = this;
    for (const due of tree.deadlines.take(tree.now)) {
      if (due.type === "kill") kill(tree, due.nodes);
      else if (due.type === "timeout") {
        endSubtree(tree, due.node, { status: "timed-out", reason: "its time ran out" });
      } else {
        const node = tree.asks.get(due.askId);
        if (node === undefined) continue;
        tree.asks.delete(due.askId);
        node.asks.delete(due.askId);
        tree.emit({ type: "ask-timed-out", askId: due.askId, path: node.path });
      }
    }
    return tree.deadlines.next;
  }
}
