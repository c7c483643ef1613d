import { expect, it } from "vitest";
import { AgentLocations } from "../../src/kernel/agent-locations.ts";
import { createNode } from "../../src/kernel/new-node.ts";
import type { Node } from "../../src/kernel/node.ts";

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
function leaveInTurn(locations: AgentLocations, many: number): void {
  const node = agent("a");
  for (let incarnation = 1; incarnation <= many; incarnation += 1) {
    node.incarnation = incarnation;
    locations.settle(node, "h1");
    locations.leave(node);
  }
}

it.each([
  [KEPT, 1],
  [KEPT + 1, 2],
  [2 * KEPT + 1, KEPT + 2],
])("after %i former agents the oldest that is remembered is number %i", (many, oldest) => {
  const locations = new AgentLocations(new Map());
  leaveInTurn(locations, many);
  expect(locations.isFormer("h1", "/", oldest - 1)).toBe(false);
  expect(locations.isFormer("h1", "/", oldest)).toBe(true);
  expect(locations.isFormer("h1", "/", many)).toBe(true);
});

it("remembers who left by host, until the host is forgotten", () => {
  const locations = new AgentLocations(new Map());
  leaveInTurn(locations, 1);
  expect(locations.isFormer("h2", "/", 1)).toBe(false);
  locations.lose("h1", []);
  expect(locations.isFormer("h1", "/", 1)).toBe(false);
});
