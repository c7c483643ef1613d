import type { Node } from "../kernel/node.ts";
import type { InnerScene, Invariant } from "./invariant.ts";

/** The state that is kept of a machine, frame by frame, is the one that it has. */
export const sameState: Invariant<InnerScene> = {
  name: "the supervisor has the state of each machine",
  ofStep: ({ swarm, hosts }) => {
    for (const host of hosts.all) {
      for (const node of swarm.runs.ground.agentsByHost.get(host.id) ?? []) {
        if (isLeaving(node)) continue;
        const [has, kept] = [host.stateOf(node), node.state].map((state) => JSON.stringify(state));
        if (has !== undefined && has !== kept)
          return `${node.path} has ${has}, and kept is ${kept}`;
      }
    }
    return undefined;
  },
};

/** True for an agent whose further frames are not kept. */
function isLeaving({ finished, restartPoint, ending }: Node): boolean {
  return finished !== undefined || restartPoint !== undefined || ending !== undefined;
}
