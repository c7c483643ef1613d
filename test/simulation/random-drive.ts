import { type AgentRef, CoppiceError, type Supervisor } from "coppice";
import type { Random, Simulation } from "coppice/testing";
import { HURRY } from "./heard-once.ts";
import { errand } from "./random-swarm.ts";

/** Somebody who starts agents, talks to them, and loses interest. */
export async function randomDrive(supervisor: Supervisor, simulation: Simulation): Promise<void> {
  const { random } = simulation;
  const refs: AgentRef[] = [];
  let told = 0;
  const runs = random.between(1, 3);
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
    switch (random.below(5)) {
      case 0:
      case 1:
        told += 1;
        to.tell(isErrand(to) ? { type: "hurry", n: told } : `${HURRY} ${told}.`);
        break;
      case 2:
        void refused(to.ask("How far are you?", { timeoutMs: random.between(1, 3_000) }));
        break;
      case 3:
        decide(supervisor, random);
        break;
      default:
        if (random.chance(0.2)) void ref.cancel("nobody wants it any more");
    }
  }
}

function isErrand({ path }: AgentRef): boolean {
  return path.slice(path.lastIndexOf("/")).startsWith("/errand");
}

/** Somebody answers what somebody else was asked. */
function decide(supervisor: Supervisor, random: Random): void {
  const pending = supervisor.approvals();
  if (pending.length === 0) return;
  const { id, kind } = random.pick(pending);
  const allow = random.chance(0.7);
  const answer = kind === "budget" ? { answer: random.between(1, 3) } : {};
  void refused(supervisor.decide(id, allow ? { allow, ...answer } : { allow }));
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
