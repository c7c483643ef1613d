import { SimulationFailed } from "coppice/testing";
import { describe, expect, it } from "vitest";
import { isBelow } from "../../src/journal/event-log.ts";
import type { Effect } from "../../src/kernel/effects.ts";
import type { Kernel } from "../../src/kernel/kernel.ts";
import { type Node, subtree } from "../../src/kernel/node.ts";
import type { Swarm } from "../../src/supervisor/swarm.ts";
import { runSchedule } from "../../src/testing/schedule.ts";
import { heardOnce } from "./heard-once.ts";
import { randomDrive } from "./random-drive.ts";
import { randomSwarm } from "./random-swarm.ts";

/** Seeds in which a planted bug has to be found. */
const SEEDS = 400;

type Plant = (swarm: Swarm) => void;

/** Plants it in the kernel of each run. */
function inKernels(plant: (kernel: Kernel, swarm: Swarm) => void): Plant {
  return (swarm) => {
    const planted = new WeakSet<Kernel>();
    wrap(swarm.runs, "enter", (enter) => (input) => {
      enter(input);
      const { kernel } = swarm;
      if (planted.has(kernel)) return;
      planted.add(kernel);
      plant(kernel, swarm);
    });
  };
}

/** Makes a mistake in what the shell is told to do. */
function effects(mistake: (effects: readonly Effect[]) => readonly Effect[]): Plant {
  return inKernels((kernel) => wrap(kernel, "takeEffects", (take) => () => mistake(take())));
}

function twice(type: Effect["type"]): Plant {
  return effects((all) => all.flatMap((one): Effect[] => (one.type === type ? [one, one] : [one])));
}

/** Forgets some limits of everybody while the kernel decides. */
function forget(method: "spawn" | "tell" | "commit" | "settleCall", ...names: string[]): Plant {
  return inKernels((kernel) =>
    wrap(kernel, method, (decide) => (...given: never[]) => {
      const nodes = [...kernel.tree.nodes.values()] as { limits: object }[];
      const kept = nodes.map((node) => [node, node.limits] as const);
      for (const [node, limits] of kept) {
        const left = Object.entries(limits).filter(([name]) => !names.includes(name));
        node.limits = Object.fromEntries(left);
      }
      try {
        return (decide as (...given: never[]) => unknown)(...given);
      } finally {
        for (const [node, limits] of kept) node.limits = limits;
      }
    }),
  );
}

const bugs: readonly (readonly [bug: string, invariant: string, plant: Plant])[] = [
  [
    "a fact is told and not kept",
    "facts are numbered without a gap",
    ({ log }) => {
      let [told, lost] = [0, 0];
      wrap(
        log,
        "on",
        (on) => (type, listener, once) =>
          on(
            type,
            (event) => {
              told += 1;
              if (told === 20) lost += 1;
              listener(event.seq === undefined ? event : { ...event, seq: event.seq + lost });
            },
            once,
          ),
      );
    },
  ],
  ["an end is announced twice", "each spawn has exactly one outcome", twice("ended")],
  [
    "an end overtakes what came before it",
    "nothing is done by or to the dead",
    effects((all) => [
      ...all.filter(({ type }) => type === "ended"),
      ...all.filter(({ type }) => type !== "ended"),
    ]),
  ],
  [
    "a cancel only marks the record while the agent goes on",
    "cancelled subtrees start nothing",
    inKernels((kernel) =>
      wrap(kernel, "end", (end) => (node, ending) => {
        end(node, ending);
        for (const at of subtree(node)) if (at.end === undefined) at.closed = false;
      }),
    ),
  ],
  [
    "a parent does not count its children",
    "children are gone before their parent's outcome",
    inKernels((kernel) =>
      wrap(kernel, "spawn", (spawn) => (parent, childSpec, how) => {
        const node = spawn(parent, childSpec, how);
        parent.openChildren -= 1;
        return node;
      }),
    ),
  ],
  ["a request is carried out twice", "each call takes effect once", twice("request")],
  ["nobody asks about depth", "no limit is exceeded", forget("spawn", "depth")],
  ["nobody asks about children", "no limit is exceeded", forget("spawn", "children")],
  ["nobody asks about the queue", "no limit is exceeded", forget("spawn", "queue")],
  ["nobody asks about the mailbox", "no limit is exceeded", forget("tell", "mailbox")],
  [
    "nobody is woken for room in a mailbox",
    "nobody waits for room that is there",
    inKernels((kernel) =>
      wrap(kernel, "commit", (commit) => (host, frame) => {
        const node = kernel.find(frame.path);
        const room = node?.room;
        if (node !== undefined) node.room = undefined;
        commit(host, frame);
        if (node !== undefined && node.end === undefined) node.room ??= room;
      }),
    ),
  ],
  [
    "a change of a state is lost",
    "the supervisor has the state of each machine",
    inKernels((kernel) =>
      wrap(
        kernel,
        "commit",
        (commit) =>
          (host, { change: _, ...frame }) =>
            commit(host, frame),
      ),
    ),
  ],
  ["nobody asks about concurrency", "no limit is exceeded", forget("spawn", "concurrency")],
  [
    "turns are not counted",
    "no limit is exceeded",
    inKernels((kernel) => wrap(kernel, "turnsLeft", () => () => 1)),
  ],
  [
    "nobody asks about spawns",
    "no more agents are spawned than allowed",
    forget("spawn", "spawns"),
  ],
  [
    "a slot is given back twice",
    "slots balance",
    effects((all) => {
      for (const one of all) if (one.type === "ended") (one.node.parent as Node).atWork -= 1;
      return all;
    }),
  ],
  [
    "tools are not charged",
    "no budget is exceeded",
    ({ parts }) => wrap(parts.arbiter, "tool", () => () => ({ status: "granted" })),
  ],
  [
    "a call is charged to the root alone",
    "what is spent adds up",
    ({ parts: { arbiter } }) =>
      wrap(arbiter, "settle", (settle) => (...given) => {
        settle(...given);
        arbiter.root.account.spent[1] = (arbiter.root.account.spent[1] ?? 0) + 1;
      }),
  ],
  [
    "model calls are never settled, nor are accounts closed",
    "no reservation is left",
    ({ parts }) => {
      wrap(parts.arbiter, "settle", () => () => undefined);
      wrap(parts.arbiter, "close", () => () => undefined);
    },
  ],
  [
    "whoever waited during a pause is not served after it",
    "everything comes to rest",
    inKernels((kernel) =>
      wrap(kernel, "resumePaused", () => (node) => {
        node.paused = false;
      }),
    ),
  ],
  [
    "restarts are forgotten",
    "nobody is restarted more often than allowed",
    inKernels((kernel) =>
      wrap(kernel, "takeEffects", (take) => () => {
        for (const node of kernel.tree.nodes.values()) {
          node.childRestarts = undefined;
          node.ownRestarts = undefined;
        }
        return take();
      }),
    ),
  ],
  [
    "events are dated by what has passed",
    "each event has its date",
    ({ log, clock }) =>
      wrap(
        log,
        "on",
        (on) => (type, listener, once) =>
          on(type, (event) => listener({ ...event, at: clock.now() }), once),
      ),
  ],
  [
    "deadlines are looked at by a date that is ahead",
    "nobody's time is over before it has passed",
    inKernels((kernel) =>
      wrap(kernel, "tick", (tick) => () => {
        kernel.at(kernel.tree.now + 3_600_000);
        tick();
      }),
    ),
  ],
  [
    "what is told is told twice",
    "each message is heard once, in order",
    inKernels((kernel) =>
      wrap(kernel, "tell", (tell) => (...given) => {
        tell(...given);
        return tell(...given);
      }),
    ),
  ],
  [
    "a timer outlives the supervisor",
    "everything comes to rest",
    (swarm) =>
      wrap(swarm, "close", (close) => () => {
        close();
        swarm.clock.setTimeout(() => undefined, 1_000);
      }),
  ],
  [
    "a group waits for one whose children were gone before it",
    "nobody is left between two lives",
    inKernels(({ tree }) =>
      wrap(tree.deadlines, "add", (add) => (at, due) => {
        if (due.type !== "restart" || due.group.failed.children.size === 0) add(at, due);
      }),
    ),
  ],
  [
    "the end of a child is not told to whoever waits for it",
    "no wait is unanswerable",
    inKernels((kernel) =>
      wrap(kernel, "wait", (wait) => (node, callId) => {
        wait(node, callId);
        const { children } = node.calls.get(callId) ?? {};
        if (children !== undefined) children.delete = () => false;
      }),
    ),
  ],
  [
    "whoever ends without being cancelled keeps its rights",
    "no call begins for the closed",
    (swarm) => {
      const cancelled: string[] = [];
      effects((all) => {
        for (const effect of all) {
          if (effect.type === "fact" && effect.fact.type === "cancel.requested") {
            cancelled.push(effect.fact.path);
          }
          if (effect.type !== "close") continue;
          const { node } = effect;
          node.closed = cancelled.some((path) => isBelow(node.path, path));
        }
        return all;
      })(swarm);
    },
  ],
  [
    "something is decided by what no input says",
    "the same inputs lead to the same state",
    ({ kernel, router, outside }) =>
      wrap(router, "deliver", (deliver) => (node, n, body) => {
        if (!outside.isReplay) kernel.tree.deadLetters += 1;
        deliver(node, n, body);
      }),
  ],
  [
    "the world is looked at beside the port",
    "the same inputs lead to the same state",
    inKernels((kernel, { clock, outside }) =>
      wrap(kernel, "placed", (placed) => (node, host, moved) => {
        placed(node, host, moved);
        node.timersAt = outside.isReplay ? 0 : clock.now();
      }),
    ),
  ],
  [
    "a run takes a slot of the root beside the port",
    "a run's own inputs lead to its state",
    ({ runs: { ground } }) =>
      wrap(ground.commons, "takeSlot", () => ground.shared.takeSlot.bind(ground.shared)),
  ],
  [
    "a run looks at what all have spent",
    "a run's own inputs lead to its state",
    inKernels((kernel, { parts }) =>
      wrap(kernel, "turnsLeft", (left) => (node) => {
        node.timeoutStoppedAt = parts.arbiter.root.account.spent[3] ?? 0;
        return left(node);
      }),
    ),
  ],
  [
    "the kernel throws",
    "nothing throws",
    inKernels((kernel) => {
      let frames = 0;
      wrap(kernel, "commit", (commit) => (host, frame) => {
        frames += 1;
        if (frames === 9) throw new TypeError("a planted bug");
        commit(host, frame);
      });
    }),
  ],
];

describe("each invariant catches a bug that was planted for it", () => {
  it.each(bugs)("%s: %s", async (_bug, invariant, plant) => {
    const failure = await firstFailure(plant);
    expect(failure?.invariant).toBe(invariant);
    // And exactly so again.
    const again = await runPlanted(failure?.seed ?? 0, plant);
    expect(withoutNumbers(again?.message)).toBe(withoutNumbers(failure?.message));
  });

  it("has one for each invariant, and no other bug is found in these seeds", async () => {
    expect(await firstFailure(() => undefined, 50)).toBeUndefined();
  });
});

async function firstFailure(plant: Plant, seeds = SEEDS): Promise<SimulationFailed | undefined> {
  for (let seed = 1; seed <= seeds; seed += 1) {
    const failure = await runPlanted(seed, plant);
    if (failure !== undefined) return failure;
  }
  return undefined;
}

async function runPlanted(seed: number, plant: Plant): Promise<SimulationFailed | undefined> {
  try {
    const drive = randomDrive;
    const invariants = [heardOnce];
    await runSchedule(seed, { swarm: randomSwarm, drive, invariants, onLaunched: plant });
    return undefined;
  } catch (thrown) {
    if (thrown instanceof SimulationFailed) return thrown;
    throw thrown;
  }
}

/** Puts something around one method of one object. */
function wrap<Of extends object, Name extends keyof Of>(
  of: Of,
  name: Name,
  around: (method: Of[Name]) => Of[Name],
): void {
  const method = of[name] as (...given: unknown[]) => unknown;
  of[name] = around(method.bind(of) as Of[Name]);
}

/** Takes out the numbers of errands, which are counted for the whole process. */
function withoutNumbers(message = ""): string {
  return message.replace(/"by":\d+/g, '"by":0');
}
