import {
  type AgentRef,
  CoppiceError,
  type Decision,
  type EventType,
  type PendingApproval,
  type Supervisor,
  type TreeNode,
} from "coppice";
import type { Random, Simulation } from "coppice/testing";
import { HURRY } from "./heard-once.ts";
import { errand } from "./random-swarm.ts";

/** Somebody who starts agents, talks to them, and loses interest. */
export async function randomDrive(supervisor: Supervisor, simulation: Simulation): Promise<void> {
  const { random } = simulation;
  const refs: AgentRef[] = [];
  let told = 0;
  const hurry = (to: AgentRef): boolean => {
    told += 1;
    return to.tell(isErrand(to) ? { type: "hurry", n: told } : `${HURRY} ${told}.`);
  };
  if (random.chance(0.4)) cancelWithin(supervisor, random);
  const runs = random.chance(0.3) ? random.between(3, 6) : random.between(1, 3);
  for (let run = 0; run < runs; run += 1) {
    const agent = random.pick(["a", "a", "b", "errand"]);
    const input = agent === "errand" ? errand(random) : "Go.";
    const spawned = await refused(supervisor.spawn(agent, { input }));
    if (spawned !== undefined) refs.push(spawned);
    if (random.chance(0.5)) await simulation.turn("somebody acts");
  }
  for (let deeds = random.between(0, 8); deeds > 0 && refs.length > 0; deeds -= 1) {
    await simulation.turn("somebody acts");
    const ref = random.pick(refs);
    const path = random.pick(supervisor.tree().children.map((child) => child.path));
    const to = random.chance(0.5) ? ref : (supervisor.find(path) ?? ref);
    switch (random.below(6)) {
      case 0:
      case 1:
        if (!hurry(to)) void refused(to.whenRoom().then(() => void hurry(to)));
        break;
      case 2:
        void refused(to.ask("How far are you?", { timeoutMs: random.between(1, 3_000) }));
        break;
      case 3:
        decide(supervisor, random);
        break;
      case 4:
        await meddle(supervisor, simulation, random.chance(0.5) ? "/" : to.path);
        break;
      default:
        if (random.chance(0.2)) void ref.cancel("nobody wants it any more");
    }
  }
}

/** Somebody holds an agent, or all of them, up for a while, or takes a right and gives it back. */
async function meddle(supervisor: Supervisor, simulation: Simulation, path: string): Promise<void> {
  const isPausing = simulation.random.chance(0.5);
  if (isPausing) await refused(supervisor.pause(path));
  else await refused((async () => supervisor.revoke(path, "tool:work"))());
  await simulation.turn("somebody acts");
  if (isPausing) await refused(supervisor.resume(path));
  else await refused((async () => supervisor.grant(path, "tool:work"))());
}

/** What an agent waits for that may come in the very tick in which somebody ends it. */
const COMING = new Set<TreeNode["waitsFor"]>(["budget", "rate", "retry", "slot", "restart"]);

/** Somebody who listens loses interest in the middle of what somebody else does. */
function cancelWithin(supervisor: Supervisor, random: Random): void {
  const type = random.pick(["model.finished", "model.finished", "tool.finished", "agent.stopped"]);
  let left = random.between(1, 3);
  supervisor.on(type as EventType, ({ path }) => {
    const others = below(supervisor.tree()).filter((at) => !isAbove(at.path, path));
    const waiting = others.filter(({ waitsFor }) => COMING.has(waitsFor));
    if (left === 0 || waiting.length === 0) return;
    left -= 1;
    void supervisor.cancel(random.pick(waiting).path, "not any more");
  });
}

function below({ children }: TreeNode): readonly TreeNode[] {
  return children.flatMap((child) => [child, ...below(child)]);
}

function isAbove(top: string, path: string): boolean {
  return `${path}/`.startsWith(`${top}/`);
}

function isErrand({ path }: AgentRef): boolean {
  return path.slice(path.lastIndexOf("/")).startsWith("/errand");
}

/** Somebody answers what somebody else was asked. */
function decide(supervisor: Supervisor, random: Random): void {
  const pending = supervisor.approvals();
  if (pending.length === 0) return;
  const [asked, other] = [random.pick(pending), random.pick(pending)];
  // Two may be one and decided otherwise, and one may have no stand-in: that is refused, whole.
  const batch = random.chance(0.3) ? [asked, other] : [asked];
  const decided = batch.map(({ id, kind }) => ({ id, decision: decisionOf(kind, random) }));
  void refused(supervisor.decide(decided));
}

function decisionOf(kind: PendingApproval["kind"], random: Random): Decision {
  if (random.chance(0.3)) return { allow: false };
  if (random.chance(0.2)) return { allow: true, result: "stood in" };
  return { allow: true, ...(kind === "budget" ? { answer: random.between(1, 3) } : {}) };
}

/** A refusal is an answer; what is no refusal is a mistake. */
async function refused<T>(promise: Promise<T>): Promise<T | undefined> {
  try {
    return await promise;
  } catch (thrown) {
    if (thrown instanceof CoppiceError) return undefined;
    throw thrown;
  }
}
