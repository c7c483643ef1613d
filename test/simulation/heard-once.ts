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
      const words = wrongWord(node);
      if (words !== undefined) return words;
    }
    return undefined;
  },
};

/** The part of an errand's context that says what it has heard. */
interface Heard {
  readonly heard?: readonly number[];
  readonly words?: readonly (readonly [number, number])[];
}

function contextOf({ state }: Node): Heard {
  const { machine } = (state ?? {}) as { readonly machine?: { readonly context?: Heard } };
  return machine?.context ?? {};
}

function heardByMachine(node: Node): readonly number[] {
  return contextOf(node).heard ?? [];
}

/** What one machine has sent to another arrives once and in order, as far as it arrives. */
function wrongWord(node: Node): string | undefined {
  const last = new Map<number, number>();
  for (const [by, n] of contextOf(node).words ?? []) {
    const before = last.get(by) ?? 0;
    if (n <= before) return `${node.path} heard word ${n} of errand ${by}, after word ${before}`;
    last.set(by, n);
  }
  return undefined;
}

function heardByLoop({ transcript }: Node): readonly number[] {
  const said = JSON.stringify(transcript);
  return [...said.matchAll(new RegExp(`${HURRY} (\\d+)`, "g"))].map(([, number]) => Number(number));
}
