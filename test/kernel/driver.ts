import type { Running } from "../../src/kernel/blame.ts";
import type { Effect } from "../../src/kernel/effects.ts";
import { outlive } from "../../src/kernel/ends.ts";
import type { Fact } from "../../src/kernel/fact.ts";
import { layGround } from "../../src/kernel/ground.ts";
import { Kernel } from "../../src/kernel/kernel.ts";
import type { ChildSpec, Node } from "../../src/kernel/node.ts";
import type { SharedRoot } from "../../src/kernel/shared-root.ts";
import type { SpawnHow } from "../../src/kernel/spawn.ts";
import type { DeliveryBody } from "../../src/wire/delivery.ts";
import type { Command, Frame } from "../../src/wire/frame.ts";
import type { Json } from "../../src/wire/json.ts";
import type { Limits } from "../../src/wire/spec.ts";

type EffectOf<Type extends Effect["type"]> = Extract<Effect, { readonly type: Type }>;
type OutOf<Type extends Command["type"]> = Extract<Command, { readonly type: Type }>;

/** Deliveries as they left, with the host that they left for. */
export interface Delivered {
  readonly host: string | undefined;
  readonly n: number;
  readonly body: DeliveryBody;
}

/**
 * Drives a kernel by hand: places at once on the host of the moment, keeps everything else that
 * was decided, and leaves requests to the test.
 */
export class Driver {
  readonly kernel: Kernel;
  readonly effects: Effect[] = [];
  readonly delivered = new Map<Node, Delivered[]>();
  host = "h1";
  /** False keeps agents from being placed, as while a host starts. */
  places = true;
  now = 0;
  /** Who holds the thread of a host that is ended. */
  running: readonly Running[] = [];
  readonly shared: SharedRoot;
  #calls = 0;

  constructor(limits: Limits = {}, graceMs = 5_000) {
    // All of it is one run, and what the root has later is there at once.
    const ground = layGround({ limits, graceMs }, (later) => this.kernel.give(later));
    this.shared = ground.shared;
    this.kernel = new Kernel(ground);
  }

  get root(): Node {
    return this.kernel.tree.root;
  }

  /** Lets the kernel decide, and carries out what the shell would. */
  do<T>(decide: (kernel: Kernel) => T): T {
    this.kernel.at(this.now);
    try {
      return decide(this.kernel);
    } finally {
      this.carryOut();
    }
  }

  carryOut(): void {
    for (
      let batch = this.kernel.takeEffects();
      batch.length > 0;
      batch = this.kernel.takeEffects()
    ) {
      for (const effect of batch) this.#carryOut(effect);
    }
  }

  spawn(parent: Node = this.root, childSpec: Partial<ChildSpec> = {}, how: SpawnHow = {}): Node {
    return this.do((kernel) => kernel.spawn(parent, childSpecOf(childSpec), how));
  }

  /** One frame of an agent, from its host unless told otherwise, covering all it was sent. */
  frame(
    node: Node,
    commands: readonly Command[] = [],
    more: Partial<Frame> & { host?: string } = {},
  ): void {
    const { host = node.host ?? this.host, ...rest } = more;
    const { path, incarnation, mailbox } = node;
    const frame = { path, incarnation, upTo: mailbox.last, busy: false, commands, ...rest };
    this.do((kernel) => kernel.commit(host, frame));
  }

  /** Asks for a tool, a spawn, a wait or a message; answers with its `callId`. */
  ask(node: Node, command: Request): string {
    const callId = this.callId(node);
    this.frame(node, [{ ...command, callId } as Command]);
    return callId;
  }

  tool(node: Node): string {
    return this.ask(node, { type: "tool", tool: "t", input: null });
  }

  settle(node: Node, callId: string, value: Json = "ok"): void {
    this.do((kernel) => kernel.settleCall(node, callId, { isError: false, value }));
  }

  callId(node: Node): string {
    this.#calls += 1;
    return `${node.path}#${node.incarnation}.${this.#calls}`;
  }

  /** The loop asks for its model and is permitted; the answer comes with the next frame. */
  think(node: Node, after: "now" | "results" = "now"): string {
    const callId = this.callId(node);
    this.frame(node, [{ type: "model", callId, after, inputTokens: 1 }]);
    this.do((kernel) => kernel.permit(node, callId, 100));
    return callId;
  }

  /** Its model answered without calls: the turn has ended. */
  endTurn(node: Node, callId: string, output: Json = "said"): void {
    this.frame(node, [modelDone(callId), { type: "turn-end", output }]);
  }

  complete(node: Node, output: Json = "done"): void {
    this.frame(node, [{ type: "done", end: { status: "completed", output } }]);
  }

  /** The host's answer to being told to end. */
  ended(node: Node): void {
    this.frame(node, [{ type: "done", end: { status: "ended" } }]);
  }

  cancel(node: Node, reason = "enough"): void {
    this.do((kernel) => kernel.end(node, { status: "cancelled", reason }));
  }

  pause(node: Node): void {
    if (node !== this.root) return this.do((kernel) => kernel.pause(node));
    this.shared.pause();
    this.do((kernel) => kernel.pauseRoot(true));
  }

  resume(node: Node): void {
    if (node !== this.root) return this.do((kernel) => kernel.resumePaused(node));
    this.do((kernel) => {
      this.shared.resume();
      kernel.pauseRoot(false);
    });
  }

  tick(now: number): void {
    this.now = now;
    this.do((kernel) => kernel.tick());
  }

  /** The first frames of those that were started again, each of which lets the next one start. */
  comeBack(): void {
    const nodes = [...this.kernel.tree.nodes.values()];
    for (;;) {
      const node = nodes.find((at) => at.comingBack !== undefined && at.host !== undefined);
      if (node === undefined) return;
      this.frame(node);
    }
  }

  of<Type extends Effect["type"]>(type: Type): EffectOf<Type>[] {
    return this.effects.filter((effect): effect is EffectOf<Type> => effect.type === type);
  }

  facts(type: string, node?: Node): Fact[] {
    const facts = this.of("fact").map(({ fact }) => fact);
    return facts.filter((fact) => fact.type === type && (node?.path ?? fact.path) === fact.path);
  }

  bodies(node: Node): DeliveryBody[] {
    return (this.delivered.get(node) ?? []).map(({ body }) => body);
  }

  #carryOut(effect: Effect): void {
    this.effects.push(effect);
    if (effect.type === "place") {
      const { node, moved } = effect;
      if (this.places && !node.closed) this.kernel.placed(node, this.host, moved);
    } else if (effect.type === "request" && effect.command.type === "wait") {
      this.kernel.wait(effect.node, effect.command.callId);
    } else if (effect.type === "terminate") {
      outlive(this.kernel.tree, effect.outlived ?? [], this.running);
    } else if (effect.type === "resume") {
      this.kernel.resume(effect.node, effect.command);
    } else if (effect.type === "deliver") {
      const { node, n, body } = effect;
      const all = this.delivered.get(node) ?? [];
      this.delivered.set(node, [...all, { host: node.host, n, body }]);
    }
  }
}

type Without<Type> = Type extends { readonly callId: string } ? Omit<Type, "callId"> : never;
type Request = Without<OutOf<"tool" | "spawn" | "send" | "watch" | "wait" | "cancel" | "model">>;

export function modelDone(callId: string): Command {
  const usage = { inputTokens: 1, cacheReadTokens: 0, cacheWriteTokens: 0, outputTokens: 1 };
  return { type: "model.done", callId, usage };
}

export function childSpecOf(childSpec: Partial<ChildSpec> = {}): ChildSpec {
  const defaults = { name: "a", template: "a", limits: {}, input: null } as const;
  return { ...defaults, loop: true, lifetime: "task", ...childSpec };
}

/** The code of what is thrown. */
export function codeThrown(run: () => unknown): string | undefined {
  try {
    run();
  } catch (thrown) {
    return (thrown as { code?: string }).code;
  }
  return undefined;
}
