import { expect } from "vitest";
import { Supervisor, type SupervisorOptions } from "../../src/index.ts";
import type { Kernel } from "../../src/kernel/kernel.ts";
import { launch } from "../../src/supervisor/launch.ts";
import type { Swarm } from "../../src/supervisor/swarm.ts";
import type { AnyEvent } from "../../src/wire/event.ts";
import type { Block, TurnMessage } from "../../src/wire/transcript.ts";
import { undeclared } from "../docs/event-fields.ts";

type Wanted = (event: AnyEvent) => boolean;

/** A supervisor whose inside can be looked at, and whose hosts can be ended. */
export interface OpenSupervisor extends AsyncDisposable {
  readonly supervisor: Supervisor;
  readonly swarm: Swarm;
  /** Every event so far. */
  readonly seen: readonly AnyEvent[];
  /** Resolves with the `count`th event that is wanted, past ones included. */
  until(type: string, wanted?: Wanted, count?: number): Promise<AnyEvent>;
  /** Ends the host of an agent, as a crash of its thread would. */
  loseHostOf(path: string): void;
  /** What no input asks for: decided at once, and carried out as a part of the next step. */
  act(decide: (kernel: Kernel) => void, path?: string): void;
}

/** Starts a supervisor as `Supervisor.start` does, and keeps its inside at hand. */
export async function openSupervisor(options: SupervisorOptions): Promise<OpenSupervisor> {
  const swarm = await launch(options);
  const supervisor: Supervisor = Reflect.construct(Supervisor, [swarm, options.signal]);
  const seen: AnyEvent[] = [];
  supervisor.on("*", (event) => seen.push(event));
  const until: OpenSupervisor["until"] = (type, wanted = () => true, count = 1) => {
    let left = count;
    const fits = (event: AnyEvent) => event.type === type && wanted(event) && --left === 0;
    const past = seen.find(fits);
    if (past !== undefined) return Promise.resolve(past);
    return new Promise((resolve) => {
      const listener = (event: AnyEvent): void => {
        if (!fits(event)) return;
        supervisor.off("*", listener);
        resolve(event);
      };
      supervisor.on("*", listener);
    });
  };
  return {
    supervisor,
    swarm,
    seen,
    until,
    loseHostOf(path) {
      swarm.router.host(swarm.kernel.find(path)?.host)?.terminate("the test ended it");
    },
    act(decide, path = [...swarm.runs.paths][0] ?? "/") {
      swarm.runs.enter({ type: "look", path });
      decide(swarm.kernel);
      swarm.take({ type: "look", path });
    },
    [Symbol.asyncDispose]: () => supervisor[Symbol.asyncDispose](),
  };
}

/** Nothing is reserved, no slot is held, nobody waits, and each `tool_use` has its result. */
export function expectAtRest({ supervisor, swarm, seen }: OpenSupervisor): void {
  expect(seen.flatMap(undeclared)).toEqual([]);
  for (const line of Object.values(supervisor.budget())) expect(line.reserved).toBe(0);
  const { atWork, queues, calls, mailboxes } = supervisor.stats();
  expect({ atWork, queues, calls, mailboxes }).toEqual({
    atWork: 0,
    queues: { spawns: 0, budget: 0, rates: 0 },
    calls: 0,
    mailboxes: 0,
  });
  for (const { path, transcript } of swarm.kernel.tree.nodes.values()) {
    expect([path, unpaired(transcript)]).toEqual([path, []]);
  }
}

function unpaired(transcript: readonly TurnMessage[]): readonly string[] {
  const open = new Set<string>();
  const stray: string[] = [];
  for (const block of transcript.flatMap(blocksOf)) {
    if (block.type === "tool_use") open.add(block.id);
    if (block.type === "tool_result" && !open.delete(block.tool_use_id)) {
      stray.push(block.tool_use_id);
    }
  }
  return [...open, ...stray];
}

function blocksOf({ content }: TurnMessage): readonly Block[] {
  return typeof content === "string" ? [] : content;
}
