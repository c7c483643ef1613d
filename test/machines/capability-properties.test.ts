import { describe, expect, it } from "vitest";
import {
  type CapabilityGrant,
  type CapabilityLayer,
  createCapability,
  decideCapability,
  type Facts,
  restoreCapability,
  saveCapability,
} from "../../machines/capability/capability.ts";
import type { CapabilityVerdict } from "../../machines/capability/verdict.ts";
import fc from "../fixtures/properties.ts";

const pattern = fc.constantFrom("*", "tool:*", "tool:a", "tool:b");
const where = fc.constantFrom(undefined, "x", "y", "*").map((glob) =>
  glob === undefined
    ? {}
    : {
        where: [
          { argument: "to", patterns: [{ kind: "text" as const, parts: [glob], written: glob }] },
        ],
      },
);
const optional = <T>(arbitrary: fc.Arbitrary<T>) => fc.option(arbitrary, { nil: undefined });

const grant: fc.Arbitrary<CapabilityGrant> = fc
  .record({
    effect: fc.constantFrom("allow", "allow", "allow", "allow", "deny", "revoke"),
    pattern,
    use: fc.boolean(),
    delegate: fc.boolean(),
    where,
    ask: fc.boolean(),
    uses: optional(fc.nat(2)),
    expiresMs: optional(fc.nat(2)),
  })
  .map(({ effect, where, ask, uses, expiresMs, ...grant }) => ({
    ...grant,
    effect: effect as CapabilityGrant["effect"],
    ...(effect === "revoke" ? {} : where),
    ...(effect === "allow" && ask ? { ask } : {}),
    ...(effect === "allow" && uses !== undefined ? { uses } : {}),
    ...(effect === "allow" && expiresMs !== undefined ? { expiresMs } : {}),
  }));
const layers = fc.array(fc.array(grant, { maxLength: 4 }), { minLength: 1, maxLength: 2 });
const path = fc.array(layers, { minLength: 1, maxLength: 4 });
const facts: fc.Arbitrary<Facts> = fc
  .record({ now: fc.nat(3), to: fc.constantFrom(undefined, ["x"], ["y"], ["x", "y"], ["z"]) })
  .map(({ now, to = [] }) => {
    const values = to.map((text) => ({ text, parts: [text] }));
    return { now, arguments: [{ argument: "to", kind: "text", values }] };
  });

const everything: CapabilityLayer = [{ effect: "allow", pattern: "*", use: true, delegate: true }];

/** `0` at the root and each further node below the one before it, all granted at the time 0. */
function chain(nodes: readonly (readonly CapabilityLayer[])[]) {
  const state = createCapability({ node: "0", layers: nodes[0]!, now: 0 });
  nodes.slice(1).forEach((own, n) => {
    const node = { node: `${n + 1}`, parent: `${n}`, layers: own, now: 0 };
    decideCapability(state, { type: "open", ...node });
  });
  return state;
}

type Asked = { readonly node: string; readonly subject: string; readonly facts: Facts };

describe("capability: whatever the tree of grants", () => {
  it("a call is permitted, or asked about, exactly as the nodes of its path each say", () => {
    const seen = new Set<string>();
    fc.assert(
      fc.property(path, facts, fc.constantFrom("tool:a", "tool:b"), (nodes, known, subject) => {
        const last = nodes.length - 1;
        const whole = decideCapability(chain(nodes), {
          ...{ type: "check", node: `${last}`, subject, facts: known },
        });
        const alone = nodes.map((own, n): CapabilityVerdict["status"] => {
          // The last node is asked for its own use, the others for what they pass on.
          const state = chain(n === last ? [[everything], own] : [own, [everything]]);
          return decideCapability(state, { type: "check", node: "1", subject, facts: known })
            .status;
        });
        const expected = ["denied", "ask"].find((one) => alone.some((status) => status === one));
        expect(whole.status).toBe(expected ?? "permitted");
        seen.add(whole.status);
      }),
      { numRuns: 3_000 },
    );
    expect(seen).toEqual(new Set(["permitted", "denied", "ask"]));
  });

  it("a yes changes an ask to a permission, and nothing else", () => {
    fc.assert(
      fc.property(path, facts, (nodes, known) => {
        const node = `${nodes.length - 1}`;
        const asked: Asked = { node, subject: "tool:a", facts: known };
        const state = chain(nodes);
        const asking = decideCapability(state, { type: "check", ...asked });
        const before = asking.status;
        const after = before === "ask" ? "permitted" : before;
        const approved = { type: "check", ...asked, approved: true } as const;
        expect(decideCapability(state, approved).status).toBe(after);
        const wheres = asking.status === "ask" ? (asking.wheres ?? [""]) : [""];
        const readable = wheres.filter((where) => where !== null);
        for (const [n, where] of readable.entries()) {
          expect(decideCapability(state, { type: "check", ...asked }).status).toBe(before);
          const remember = { type: "remember", node, subject: "tool:a", below: false } as const;
          decideCapability(state, { ...remember, where });
          if (before !== "ask" || n < readable.length - 1) continue;
          const isKnown = readable.length === wheres.length;
          const { status } = decideCapability(state, { type: "check", ...asked });
          expect(status).toBe(isKnown ? after : "ask");
        }
      }),
      { numRuns: 1_000 },
    );
  });

  it("asking takes nothing, and a saved state answers alike", () => {
    fc.assert(
      fc.property(path, fc.array(facts, { maxLength: 4 }), (nodes, asks) => {
        const state = chain(nodes);
        const asked = asks.map((known): Asked => {
          return { node: `${nodes.length - 1}`, subject: "tool:a", facts: known };
        });
        for (const one of asked.slice(1)) decideCapability(state, { type: "use", ...one });
        const saved = JSON.stringify(saveCapability(state));
        const again = restoreCapability(JSON.parse(saved));
        for (const one of asked) {
          const answer = decideCapability(state, { type: "check", ...one });
          expect(decideCapability(again, { type: "check", ...one })).toEqual(answer);
        }
        expect(JSON.stringify(saveCapability(state))).toBe(saved);
        expect(JSON.stringify(saveCapability(again))).toBe(saved);
      }),
      { numRuns: 1_000 },
    );
  });
});

describe("capability: whatever the order of calls", () => {
  /** A tree of seven nodes; `parent[n]` is above node n. */
  const parent = [-1, 0, 0, 1, 1, 2, 2];
  const bounds = fc.array(optional(fc.nat(3)), { minLength: 7, maxLength: 7 });
  const step = fc.record({
    type: fc.constantFrom("use", "use", "use", "back", "over", "restart"),
    node: fc.nat(6),
    call: fc.nat(9),
  });

  const pathOf = (node: number): number[] => (node < 0 ? [] : [node, ...pathOf(parent[node]!)]);

  it("uses are never more than their number at any node, and exactly what is under way", () => {
    fc.assert(
      fc.property(bounds, fc.array(step, { maxLength: 40 }), (limits, steps) => {
        const layersOf = (node: number): CapabilityLayer[] => {
          const uses = limits[node];
          return [[{ ...everything[0]!, ...(uses === undefined ? {} : { uses }) }]];
        };
        let state = createCapability({ node: "0", layers: layersOf(0), now: 0 });
        for (let node = 1; node < 7; node++) {
          const opened = { node: `${node}`, parent: `${parent[node]}`, layers: layersOf(node) };
          decideCapability(state, { type: "open", ...opened, now: 0 });
        }
        const used = limits.map(() => 0);
        const held = new Map<string, number[]>();
        for (const { type, node, call } of steps) {
          const key = `${node}.${call}`;
          if (type === "use") {
            const known = held.has(key);
            const fits = pathOf(node).every((at) => used[at]! < (limits[at] ?? Infinity));
            const asked = { node: `${node}`, subject: "tool:a", key, facts: noFacts };
            const answer = decideCapability(state, { type: "use", ...asked });
            expect(answer.status).toBe(known || fits ? "permitted" : "denied");
            if (known || !fits) continue;
            for (const at of pathOf(node)) used[at]! += 1;
            held.set(key, pathOf(node));
          } else if (type === "restart") {
            state = restoreCapability(JSON.parse(JSON.stringify(saveCapability(state))));
            for (const known of held.keys()) held.set(known, []);
          } else {
            decideCapability(state, { type: "release", key, started: type === "over" });
            if (type === "back") for (const at of held.get(key) ?? []) used[at]! -= 1;
            held.delete(key);
          }
        }
        for (const [at, uses] of limits.entries()) {
          if (uses === undefined) continue;
          const limit = state.nodes.get(`${at}`)?.layers[0]?.[0]?.limit;
          expect(limit?.used).toBe(used[at]);
          expect(used[at]).toBeLessThanOrEqual(uses);
        }
      }),
      { numRuns: 2_000 },
    );
  });

  const noFacts: Facts = { now: 0, arguments: [] };
});
