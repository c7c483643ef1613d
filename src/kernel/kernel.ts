import type { CallResult, DeliveryBody } from "../wire/delivery.ts";
import type { Command, ExhaustedUnit, Frame } from "../wire/frame.ts";
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
import { tightest } from "./limits.ts";
import { type Loss, loseHost, placed } from "./moves.ts";
import { type ChildSpec, type Node, type NodeKey, subtree } from "./node.ts";
import { isOnOwnHost, runAlone } from "./quarantine.ts";
import { tellRest } from "./refusals.ts";
import { resumeCalls } from "./restart-point.ts";
import { type SpawnHow, spawn } from "./spawn.ts";
import { isSaying } from "./tells.ts";
import { resumeTimeouts, stopTimeouts } from "./timeouts.ts";
import { Tree } from "./tree.ts";
import { awaitRoom, tell } from "./user-mail.ts";
import { watchEnd } from "./watches.ts";

/** The optional fields of a permit. Default: the first model, without a failed attempt. */
export type PermitDetails = Pick<
  Extract<DeliveryBody, { readonly type: "permit" }>,
  "model" | "failed" | "inputTokens"
>;

/**
 * The mailbox tree of one run: its agents, their mail, calls and slots, and their ends.
 *
 * **Guarantees** every method decides synchronously, from the state and the time that it was given.
 * The effects to carry out are left, in order, in `takeEffects()`. The kernel has no clock, no
 * promise and no randomness of its own.
 */
export class Kernel {
  readonly tree: Tree;

  constructor(ground: Ground) {
    this.tree = new Tree(ground);
  }

  /** Sets the time of the calls that follow, in milliseconds. */
  at(now: number): this {
    this.tree.now = now;
    return this;
  }

  /** Removes and returns the effects of the decisions so far. */
  takeEffects(): readonly Effect[] {
    return this.tree.takeEffects();
  }

  /** Returns the agent that has this path now, of any run. */
  find(path: string): Node | undefined {
    return this.tree.nodes.get(path);
  }

  /** Returns exactly this agent; undefined once it is forgotten or another one has its path. */
  agent({ path, serial }: NodeKey): Node | undefined {
    const node = this.tree.nodes.get(path);
    return node?.serial === serial ? node : undefined;
  }

  /**
   * Accepts one more agent below `parent`, started at once or queued for a slot.
   *
   * **Fails with** DEPTH_EXCEEDED, SPAWNS_EXCEEDED, CHILDREN_EXCEEDED, QUEUE_FULL, NAME_INVALID,
   * AGENT_STOPPED, OPTIONS_INVALID for a permanent agent in the foreground, or the error of
   * `how.open`. The tree is then unchanged.
   */
  spawn(parent: Node, childSpec: ChildSpec, how?: SpawnHow): Node {
    return spawn(this.tree, parent, childSpec, how);
  }

  /** Records that the agent was posted to `host`. */
  placed(node: Node, host: string, moved: boolean): void {
    if (node.end !== undefined || node.finished !== undefined) return;
    // Before the mail: the calls that the agent waited for at its restart point are answered first.
    const { restartPoint } = node;
    if (restartPoint !== undefined) resumeCalls(this.tree, node);
    placed(this.tree, node, host, moved);
    if (restartPoint !== undefined) maybeComplete(this.tree, node);
  }

  /** Records that the agent was placed on a host of its own. */
  isOnOwnHost(node: Node): void {
    isOnOwnHost(this.tree, node);
  }

  /** Applies a frame of a host, whole or not at all. */
  commit(host: string, frame: Frame): void {
    commit(this.tree, host, frame);
  }

  /** Takes up a request that had waited for a slot. */
  resume(node: Node, command: Command): void {
    // The request stayed in the list until now, so that an end of the agent meanwhile removes it.
    const at = node.waitingRequests.indexOf(command);
    if (at === -1) return;
    node.waitingRequests.splice(at, 1);
    if (isSaying(command)) node.unsaid -= 1;
    request(this.tree, node, command as AgentRequest);
  }

  /** Gives a call its result. */
  settleCall(node: Node, callId: string, result: CallResult): void {
    settleCall(this.tree, node, callId, result);
  }

  /** Permits the loop's model call: counts a turn and delivers the permit to the agent's host. */
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

  /** Marks a call as one that needs no slot while it waits. */
  idleCall(node: Node, callId: string): void {
    idleCall(this.tree, node, callId);
  }

  /** Schedules another attempt of a failed model call at the time `until`. */
  postpone(node: Node, callId: string, until: number): void {
    postpone(this.tree, node, callId, until);
  }

  /**
   * Makes a call wait for a person's answer until `question.until`. The call needs no slot
   * meanwhile, and the timeouts of the agent and its ancestors are stopped.
   */
  awaitAnswer(
    node: Node,
    callId: string,
    question: { readonly id: string; readonly until: number },
  ): void {
    const { tree } = this;
    stopTimeouts(tree, node);
    tree.deadlines.add(question.until, { type: "question", id: question.id, node });
    idleCall(tree, node, callId);
  }

  /** Resumes the timeouts, because the person has answered or is no longer asked. */
  endAnswer(node: Node): void {
    resumeTimeouts(this.tree, node);
  }

  /** Asks for a call once more, from the beginning. */
  again(node: Node, callId: string): void {
    again(this.tree, node, callId);
  }

  /** Takes up a `wait`; its result follows when the named children have ended. */
  wait(node: Node, callId: string): void {
    waitFor(this.tree, node, callId);
  }

  /** Takes up a `watch`; its result follows when the other agent has ended. */
  watch(node: Node, callId: string, watched: Node): void {
    watchEnd(this.tree, node, callId, watched);
  }

  /** Repeats a model job whose host was lost, as the same turn, at most `MAX_MOVES` times. */
  retryModel(node: Node, callId: string): void {
    retryModel(this.tree, node, callId);
  }

  /** Returns the number of model turns that the agent has left. */
  turnsLeft(node: Node): number {
    return tightest(node, "turns") - node.turns;
  }

  /** Ends an agent as `exhausted` after a refused model call; its parent reads that outcome. */
  exhaust(node: Node, unit: ExhaustedUnit, reason: string): void {
    endSubtree(this.tree, node, { status: "exhausted", unit, reason });
  }

  /** Cancels, times out or fails a subtree; the root itself is only closed. */
  end(node: Node, ending: Ending): void {
    if (ending.status === "cancelled" && node.end === undefined) {
      this.tree.fact("cancel.requested", node.path, { reason: ending.reason });
    }
    endSubtree(this.tree, node, ending);
  }

  /**
   * Restarts no agent any more. `graceMs` is the grace of every later end, and from now on also of
   * the agents that are ending already.
   */
  closeDown(graceMs = this.tree.graceMs): void {
    const { tree } = this;
    const { deadlines, now } = tree;
    tree.isClosing = true;
    tree.graceMs = graceMs;
    const nodes = [...tree.own()];
    for (const node of nodes) tellRest(tree, node, true);
    if (nodes.length > 0) deadlines.add(now + graceMs, { type: "kill", nodes, since: now });
  }

  /** Ends an agent that its host does not run yet, and so cannot answer the order to end. */
  neverBegan(node: Node): void {
    if (node.host !== undefined) finishOn(this.tree, node, node.host, { status: "ended" });
  }

  /** Kills every agent of a subtree that has not ended yet, without a grace. */
  kill(node: Node): void {
    kill(this.tree, [...subtree(node)]);
  }

  /** Sends a message to an agent; returns false for a refusal, which a dead letter explains. */
  tell(to: Node, from: string, message: Json, askId?: string): boolean {
    return tell(this.tree, to, from, message, askId);
  }

  /** Answers the ask `waiter` as soon as a message to the agent would be accepted. */
  awaitRoom(to: Node, waiter: string): void {
    awaitRoom(this.tree, to, waiter);
  }

  /** Adds a line to the loop's next model call; without a next call the line is never read. */
  note(node: Node, text: string): void {
    if (node.childSpec.loop && !node.closed) node.mailbox.note(text);
  }

  /** Sends a message that the agent must answer by `deadline`; returns false for a refusal. */
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

  /** Pauses a subtree: working calls finish, and nothing new begins. */
  pause(node: Node): void {
    node.paused = true;
  }

  /** Resumes a paused subtree. */
  resumePaused(node: Node): void {
    node.paused = false;
    this.#goOn(node);
  }

  /** Pauses or resumes this run, because the supervisor itself is paused or resumed. */
  pauseRoot(isPaused: boolean): void {
    for (const top of this.tree.tops) {
      top.isRootPaused = isPaused;
      if (!isPaused) this.#goOn(top);
    }
  }

  /** Uses a slot, a start or a quarantine that the root could not give at once. */
  give(later: Later): void {
    const { tree } = this;
    const { node } = later;
    if (later.type === "slot") goOnServed(tree, node, later.lane);
    else if (later.type === "quarantine") runAlone(tree, node);
    else if (!node.closed) unpark(tree, node);
  }

  /** Recovers the run's agents from the loss of a host. */
  loseHost(host: string, loss: Loss): void {
    loseHost(this.tree, host, loss);
  }

  #goOn(node: Node): void {
    serveFrom(this.tree, node);
    for (const at of subtree(node)) catchUp(this.tree, at);
  }

  /** Carries out what is due; returns the time of the next deadline. */
  tick(): number | undefined {
    doDue(this.tree);
    return this.tree.deadlines.next;
  }
}
