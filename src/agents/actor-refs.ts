import { type AnyActorLogic, type AnyActorRef, createActor } from "xstate";

/** The ids that lead from the root to an actor of its system; the root's own path is empty. */
export type ActorPath = readonly string[];

const RUNNING = 1;

/** True for an actor reference of any copy of XState, by XState's own test. */
export function isActorRef(value: unknown): value is AnyActorRef {
  if (typeof value !== "object" || value === null) return false;
  return "sessionId" in value && "send" in value && "ref" in value;
}

export function isRunning(ref: AnyActorRef): boolean {
  const { _processingStatus: status } = ref as unknown as { readonly _processingStatus?: number };
  return status === RUNNING;
}

export function findActor(root: AnyActorRef, path: ActorPath): AnyActorRef | undefined {
  let at: AnyActorRef | undefined = root;
  for (const id of path) at = childrenOf(at)[id];
  return at;
}

/** Returns an actor's path; undefined once its parent has no child or another one of its id. */
export function actorPathOf(root: AnyActorRef, actor: AnyActorRef): ActorPath | undefined {
  const path: string[] = [];
  let at: AnyActorRef | undefined = actor;
  for (; at !== undefined && at !== root; at = at._parent) path.unshift(at.id);
  return at === root && findActor(root, path) === actor ? path : undefined;
}

/**
 * Creates a stopped actor, which handles no event, in place of one that ended before its machine
 * was moved.
 */
export function endedActor(id: string, snapshot: unknown): AnyActorRef {
  const logic: AnyActorLogic = {
    transition: (last) => last,
    getInitialSnapshot: () => snapshot,
    getPersistedSnapshot: (last) => last,
  };
  const actor = createActor(logic, { id });
  actor.stop();
  return actor;
}

/** Returns the fields of an ended actor's snapshot that can still be read. */
export function lastSnapshotOf(ref: AnyActorRef): { readonly [field: string]: unknown } {
  const { status, value, context, output, error } = (ref.getSnapshot() ?? {}) as {
    readonly [field: string]: unknown;
  };
  return { status, value, context, output, error };
}

/** True for a child that its machine has not ended. */
export function isChildOf(owner: AnyActorRef, ref: AnyActorRef): boolean {
  return ownChildren(owner)?.[ref.id] === ref;
}

/** Returns the children of an actor that is a machine; undefined for any other. */
export function ownChildren(owner: AnyActorRef): Readonly<Record<string, AnyActorRef>> | undefined {
  return (owner.getSnapshot() as { readonly children?: never } | undefined)?.children;
}

export function childrenOf(
  actor: AnyActorRef | undefined,
): Readonly<Record<string, AnyActorRef | undefined>> {
  const snapshot: { readonly children?: Readonly<Record<string, AnyActorRef>> } | undefined =
    actor?.getSnapshot();
  return snapshot?.children ?? {};
}
