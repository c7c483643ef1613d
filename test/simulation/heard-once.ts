import type { Invariant } from "coppice/testing";
import type { Node } from "../../src/kernel/node.ts";
import type { InnerScene } from "../../src/testing/invariant.ts";

/** What a message of the drive begins with, for loops. */
export const HURRY = "Hurry, number";

/** Messages take effect once and in their order, whatever hosts are lost meanwhile. */
export const heardOnce: Invariant = {
  name: "each message is heard once, in order",
  atEnd: (scene) => {
    for (const node of (scene as InnerScene).swarm.kernel.tree.nodes.values()) {
      const heard = [...heardByMachine(node), ...heardByLoop(node)];
      const wrong = heard.findIndex((number, index) => index > 0 && number <= heard[index - 1]!);
      if (wrong > 0)
        return `${node.path} heard ${heard.slice(wrong - 1, wrong + 1).join(", then ")}`;
    }
    return undefined;
  },
};

function heardByMachine({ state }: Node): readonly number[] {
  const { machine } = (state ?? {}) as {
    readonly machine?: { readonly context?: { readonly heard?: readonly number[] } };
  };
  return machine?.context?.heard ?? [];
}

function heardByLoop({ transcript }: Node): readonly number[] {
  const said = JSON.stringify(transcript);
  return [...said.matchAll(new RegExp(`${HURRY} (\\d+)`, "g"))].map(([, number]) => Number(number));
}
