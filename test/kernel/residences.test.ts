import { expect, it } from "vitest";
import { createNode } from "../../src/kernel/new-node.ts";
import type { Node } from "../../src/kernel/node.ts";
import { Residences } from "../../src/kernel/residences.ts";

const KEPT = 10_000;

function agent(name: string): Node {
  return createNode(undefined, {
    name,
    template: "",
    limits: {},
    input: null,
    loop: false,
    lifetime: "task",
  });
}

/** As many as told leave the host one after the other, the first as incarnation 1. */
function leaveInTurn(residences: Residences, many: number): void {
  const node = agent("a");
  for (let incarnation = 1; incarnation <= many; incarnation += 1) {
    node.incarnation = incarnation;
    residences.settle(node, "h1");
    residences.leave(node);
  }
}

it.each([
  [KEPT, 1],
  [KEPT + 1, 2],
  [2 * KEPT + 1, KEPT + 2],
])("after %i departures the oldest that is remembered is number %i", (many, oldest) => {
  const residences = new Residences(new Map());
  leaveInTurn(residences, many);
  expect(residences.departed("h1", "/", oldest - 1)).toBe(false);
  expect(residences.departed("h1", "/", oldest)).toBe(true);
  expect(residences.departed("h1", "/", many)).toBe(true);
});

it("remembers who left by host, until the host is forgotten", () => {
  const residences = new Residences(new Map());
  leaveInTurn(residences, 1);
  expect(residences.departed("h2", "/", 1)).toBe(false);
  residences.lose("h1", []);
  expect(residences.departed("h1", "/", 1)).toBe(false);
});
