import type { CallResult, DeliveryBody } from "../wire/delivery.ts";
import type { ExhaustedUnit, Frame, Out } from "../wire/frame.ts";
import type { Json } from "../wire/json.ts";
import {
  type AgentRequest,
  again,
  idleCall,
  postpone,
  request,
  retryModel,
  settleCall,
  waitFor,
} from "./calls.ts";
import { commit } from "./commit.ts";
import type { Later } from "./commons-port.ts";
import { catchUp, flush, goOnServed, serveFrom, unpark } from "./dispatch.ts";
import { doDue } from "./due.ts";
import type { Effect } from "./effects.ts";
import type { Ending } from "./end.ts";
import { endSubtree, finishOn, kill, maybeComplete } from "./ends.ts";
import type { Ground } from "./ground.ts";
import { holdDeadlines, releaseDeadlines } from "./holds.ts";
import { resumeCalls } from "./last-good.ts";
import { tightest } from "./limits.ts";
import { type Loss, loseHost, placed } from "./moves.ts";
import { type Birth, type Node, type NodeKey, subtree } from "./node.ts";
import { beginTrial, livesAlone } from "./quarantine.ts";
import { tellRest } from "./refusals.ts";
import { type SpawnHow, spawn } from "./spawn.ts";
import { Tree } from "./tree.ts";
import { awaitRoom, tell } from "./user-mail.ts";
import { watchEnd } from "./watches.ts";

/** What a permit says beside its call; left out: the first model, which has not failed in it. */
export type PermitDetails = Pick<
  Extract<DeliveryBody, { readonly type: "permit" }>,
  "model" | "failed" | "inputTokens"
>;

/**
 * The mailbox tree of one run: who lives, who waits, who may begin, and how everybody ends.
 *
 * **Guarantees** every call decides synchronously from the state and the time it was given; what
 * must be done about it is left in order in `takeEffects()`. No clock, no promise, no chance.
 */
export class Kernel {
  readonly tree: Tree;

  constructor(ground: Ground) {
    this.tree = new Tree(ground);
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

  /** One agent for good; undefined once it is forgotten, or its path is another's. */
  agent({ path, serial }: NodeKey): Node | undefined {
    const node = this.tree.nodes.get(path);
    return node?.serial === serial ? node : undefined;
  }

  /**
   * Accepts one more agent below `parent`, started at once or queued for a slot.
   *
   * **Fails with** DEPTH_EXCEEDED, SPAWNS_EXCEEDED, CHILDREN_EXCEEDED, QUEUE_FULL, NAME_INVALID,
   * AGENT_STOPPED; nothing has changed then.
   */
  spawn(parent: Node, birth: Birth, how?: SpawnHow): Node {
    return spawn(this.tree, parent, birth, how);
  }

  /** The agent was posted to `host`. */
  placed(node: Node, host: string, moved: boolean): void {
    if (node.end !== undefined || node.finished !== undefined) return;
    // Before what is told to it: what it waited for when that came is answered first.
    const { lastGood } = node;
    if (lastGood !== undefined) resumeCalls(this.tree, node);
    placed(this.tree, node, host, moved);
    if (lastGood !== undefined) maybeComplete(this.tree, node);
  }

  /** The host it was placed on is for it alone. */
  livesAlone(node: Node): void {
    livesAlone(this.tree, node);
  }

  commit(host: string, frame: Frame): void {
    commit(this.tree, host, frame);
  }

  /** Goes on with a request that had waited for a slot. */
  resume(node: Node, out: Out): void {
    // It stays held until now: whoever ends the agent meanwhile must find it there.
    const at = node.held.indexOf(out);
    if (at === -1) return;
    node.held.splice(at, 1);
    request(this.tree, node, out as AgentRequest);
  }

  settleCall(node: Node, callId: string, result: CallResult): void {
    settleCall(this.tree, node, callId, result);
  }

  /** Permits the loop's model call: counted as a turn, delivered to its host. */
  permit(node: Node, callId: string, maxTokens: number, about: PermitDetails = {}): void {
    const call = node.calls.get(callId);
    if (call === undefined || node.ending !== undefined) return;
    call.state = "working";
    call.permitted = true;
    const turn = node.turns;
    node.turns += 1;
    const { attempt } = call;
    const body = { type: "permit", callId, maxTokens, attempt, turn, ...about } as const;
    node.mailbox.system.push(body);
    flush(this.tree, node);
  }

  /** Says that a call waits for something that needs no slot. */
  idleCall(node: Node, callId: string): void {
    idleCall(this.tree, node, callId);
  }

  /** Has a model call that failed asked for again at a later time, by itself. */
  postpone(node: Node, callId: string, until: number): void {
    postpone(this.tree, node, callId, until);
  }

  /** A call waits for a person: its slot comes back, and the clocks above it stand still. */
  hold(
    node: Node,
    callId: string,
    question: { readonly id: string; readonly until: number },
  ): void {
    const { tree } = this;
    holdDeadlines(tree, node);
    tree.deadlines.add(question.until, { type: "question", id: question.id, node });
    idleCall(tree, node, callId);
  }

  /** The person has answered, or need not any more. */
  unhold(node: Node): void {
    releaseDeadlines(this.tree, node);
  }

  /** Asks once more for a call, from the beginning. */
  again(node: Node, callId: string): void {
    again(this.tree, node, callId);
  }

  /** Takes up a `wait`: its result comes when the children that it names have ended. */
  wait(node: Node, callId: string): void {
    waitFor(this.tree, node, callId);
  }

  /** Takes up a `watch`: its result comes when the other agent has ended. */
  watch(node: Node, callId: string, watched: Node): void {
    watchEnd(this.tree, node, callId, watched);
  }

  /** Asks again for a job whose host was lost, as the same turn, and not for ever. */
  retryModel(node: Node, callId: string): void {
    retryModel(this.tree, node, callId);
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

  /** Takes no more agents, and kills what is left after `graceMs`, also what is ending already. */
  closeDown(graceMs = this.tree.graceMs): void {
    const { tree } = this;
    const { deadlines, now } = tree;
    tree.isClosing = true;
    tree.graceMs = graceMs;
    const nodes = [...tree.own()];
    for (const node of nodes) tellRest(tree, node, true);
    if (nodes.length > 0) deadlines.add(now + graceMs, { type: "kill", nodes, since: now });
  }

  /** It is not on its host yet: nobody is there who could answer the order to end. */
  neverBegan(node: Node): void {
    if (node.host !== undefined) finishOn(this.tree, node, node.host, { status: "ended" });
  }

  /** Kills what is left of a subtree at once. */
  kill(node: Node): void {
    kill(this.tree, [...subtree(node)]);
  }

  /** Tells an agent something. False when it cannot be accepted: a dead letter says why. */
  tell(to: Node, from: string, message: Json, askId?: string): boolean {
    return tell(this.tree, to, from, message, askId);
  }

  /** Has the waiter answered, as an ask is, when a message to the agent would be accepted. */
  awaitRoom(to: Node, waiter: string): void {
    awaitRoom(this.tree, to, waiter);
  }

  /** Has the loop's next model call read a line; without a next call nobody does. */
  note(node: Node, text: string): void {
    if (node.birth.loop && !node.closed) node.mailbox.note(text);
  }

  /** Tells an agent something that it must answer by `deadline`. */
  ask(to: Node, from: string, message: Json, askId: string, deadline: number): boolean {
    to.asks = [...to.asks, askId];
    this.tree.asks.set(askId, to);
    if (!this.tell(to, from, message, askId)) {
      this.tree.forgetAsk(askId);
      return false;
    }
    this.tree.deadlines.add(deadline, { type: "ask", askId });
    return true;
  }

  pause(node: Node): void {
    node.paused = true;
  }

  resumePaused(node: Node): void {
    node.paused = false;
    this.#goOn(node);
  }

  /** The supervisor itself is paused, or goes on. */
  pauseRoot(isPaused: boolean): void {
    for (const top of this.tree.tops) {
      top.isRootPaused = isPaused;
      if (!isPaused) this.#goOn(top);
    }
  }

  /** What had been asked for of the root, and could not be given at once. */
  give(later: Later): void {
    const { tree } = this;
    const { node } = later;
    if (later.type === "slot") goOnServed(tree, node, later.lane);
    else if (later.type === "try") beginTrial(tree, node);
    else if (!node.closed) unpark(tree, node);
  }

  loseHost(host: string, loss: Loss): void {
    loseHost(this.tree, host, loss);
  }

  #goOn(node: Node): void {
    serveFrom(this.tree, node);
    for (const at of subtree(node)) catchUp(this.tree, at);
  }

  /** Does what is due; answers with the time of the next deadline. */
  tick(): number | undefined {
    doDue(this.tree);
    return this.tree.deadlines.next;
  }
}
