import { expect, it } from "vitest";
import { layGround } from "../../src/kernel/ground.ts";
import { createNode } from "../../src/kernel/new-node.ts";
import type { Node } from "../../src/kernel/node.ts";
import type { SharedRoot } from "../../src/kernel/shared-root.ts";
import { dequeue, giveSlot, serve, takeServed, takeSlot } from "../../src/kernel/slots.ts";
import { Tree } from "../../src/kernel/tree.ts";
import type { Limits } from "../../src/wire/spec.ts";
import fc from "../fixtures/properties.ts";
import { childSpecOf } from "./driver.ts";

type Step = { readonly node: number; readonly act: "spawn" | "wake" | "give" | "drop" | "pause" };
interface Shape {
  readonly bounds: readonly (number | undefined)[];
  readonly parents: readonly number[];
}

const shapes: fc.Arbitrary<Shape> = fc.integer({ min: 2, max: 12 }).chain((size) =>
  fc.record({
    bounds: fc.array(fc.option(fc.integer({ min: 1, max: 3 }), { nil: undefined }), {
      minLength: size + 1,
      maxLength: size + 1,
    }),
    parents: fc.tuple(...Array.from({ length: size }, (_, at) => fc.nat({ max: at }))),
  }),
);
const steps: fc.Arbitrary<Step[]> = fc.array(
  fc.record({
    node: fc.nat({ max: 40 }),
    act: fc.constantFrom("spawn", "spawn", "wake", "give", "give", "drop", "pause"),
  }),
  { maxLength: 60 },
);

it("never lets more work than any node allows, and nobody wait who could work", () => {
  fc.assert(
    fc.property(shapes, steps, (shape, all) => {
      const { nodes, ...at } = plant(shape);
      for (const step of all) {
        act(at, nodes, step);
        for (const node of nodes) expectBounds(node, nodes);
      }
    }),
    { numRuns: 2_000 },
  );
});

it("lets everybody work in the end", () => {
  fc.assert(
    fc.property(shapes, fc.infiniteStream(fc.nat()), (shape, picks) => {
      const { nodes, tree } = plant(shape);
      const agents = nodes.slice(1);
      const waiting = new Set(agents);
      for (const node of agents) takeSlot(tree, node, "spawn");
      while (waiting.size > 0) {
        const working = agents.filter((node) => node.slot);
        expect(working.length, "everybody waits and nobody works").toBeGreaterThan(0);
        const node = working[picks.next().value % working.length] as Node;
        waiting.delete(node);
        giveSlot(tree, node);
      }
      for (const node of agents) expect(node.atWork).toBe(0);
    }),
  );
});

interface Planted {
  readonly tree: Tree;
  readonly shared: SharedRoot;
}

function plant({ bounds, parents }: Shape): Planted & { readonly nodes: Node[] } {
  const limits = bounds.map((concurrency = Number.POSITIVE_INFINITY) => ({ concurrency }));
  const ground = layGround({ limits: limits[0] as Limits, graceMs: 0 }, (later) => {
    if (later.type === "slot") takeServed(tree, later.node, later.lane);
  });
  const tree = new Tree(ground);
  const nodes = [ground.root];
  for (const [at, own] of limits.entries()) {
    if (at === 0) continue;
    const parent = nodes[parents[at - 1] as number];
    nodes.push(createNode(parent, childSpecOf({ name: `n${at}`, limits: own })));
  }
  return { nodes, tree, shared: ground.shared };
}

function act(
  { tree, shared }: Planted,
  nodes: readonly Node[],
  { node: pick, act: what }: Step,
): void {
  const node = nodes[1 + (pick % (nodes.length - 1))] as Node;
  if (what === "give") giveSlot(tree, node);
  else if (what === "drop") {
    dequeue(tree, node);
    serve(tree, node);
  } else if (what === "pause") {
    const paused = nodes[pick % nodes.length] as Node;
    if (paused === tree.root) return paused.paused ? shared.resume() : shared.pause();
    paused.paused = !paused.paused;
    if (!paused.paused) serve(tree, paused);
  } else if (!node.slot && node.waitingAt === undefined) {
    takeSlot(tree, node, what === "wake" ? "waker" : "spawn");
  }
}

function expectBounds(node: Node, nodes: readonly Node[]): void {
  const below = nodes.filter((other) => isOnPath(node, other));
  expect(node.atWork).toBe(below.filter(({ slot }) => slot).length);
  expect(node.atWork).toBeLessThanOrEqual(node.limits.concurrency ?? Number.POSITIVE_INFINITY);
  if (node.waitingAt === undefined) return;
  expect(node.slot).toBe(false);
  expect(isOnPath(node.waitingAt, node)).toBe(true);
  expect(hasRoomFor(node), `${node.path} waits at ${node.waitingAt.path} with room`).toBe(false);
}

function hasRoomFor(node: Node): boolean {
  for (let at: Node | undefined = node; at !== undefined; at = at.parent) {
    if (at.paused || at.atWork >= (at.limits.concurrency ?? Number.POSITIVE_INFINITY)) return false;
  }
  return true;
}

function isOnPath(above: Node, node: Node): boolean {
  for (let at: Node | undefined = node; at !== undefined; at = at.parent) {
    if (at === above) return true;
  }
  return false;
}
