import { describe, expect, it } from "vitest";
import { createActor } from "xstate";
import {
  type CapabilityGrant,
  type CapabilityLayer,
  type CapabilityState,
  capabilityLogic,
  createCapability,
  decideCapability,
  restoreCapability,
  saveCapability,
} from "../../machines/capability/capability.ts";
import { askDecider } from "../../machines/decider.ts";
import { compileGlob } from "../../machines/glob.ts";
import fc from "../fixtures/properties.ts";

type Held = Partial<Pick<CapabilityGrant, "use" | "delegate">>;

const allow = (pattern: string, held: Held = {}): CapabilityGrant => ({
  effect: "allow",
  pattern,
  use: true,
  delegate: true,
  ...held,
});
const deny = (pattern: string): CapabilityGrant => ({ ...allow(pattern), effect: "deny" });

/** `/` and each further path below the one before it. */
function chain(...nodes: readonly (readonly CapabilityLayer[])[]): CapabilityState {
  const state = createCapability({ node: "/", layers: nodes[0]! });
  nodes.slice(1).forEach((layers, n) => {
    decideCapability(state, { type: "open", node: `${n + 1}`, parent: n ? `${n}` : "/", layers });
  });
  return state;
}

const ask = (state: CapabilityState, node: string, subject: string, byDefault = false) =>
  decideCapability(state, { type: "check", node, subject, byDefault });

describe("capability: patterns", () => {
  it.each([
    ["tool:add", "tool:add", true],
    ["tool:add", "tool:add2", false],
    ["tool:add", "tool:Add", false],
    ["tool:fs/*", "tool:fs/read/deep", true],
    ["tool:fs/*", "tool:fs", false],
    ["*", "model:anthropic:x", true],
    ["model:*:x", "model:anthropic:x", true],
    ["message:/lead/**", "message:/lead/a/b", true],
    ["*a*b", "ab", true],
    ["*a*b", "ba", false],
    ["ab*ba", "aba", false],
    ["a*bc*c", "abc", false],
    ["a*bc*c", "abcc", true],
    ["tool:a.b", "tool:axb", false],
    ["tool:[ab]", "tool:a", false],
    ["", "", true],
  ])("%s on %s: %s", (pattern, subject, matches) => {
    expect(compileGlob(pattern)(subject)).toBe(matches);
  });

  it("agree with a regular expression of the same meaning", () => {
    const text = fc.string({ unit: fc.constantFrom("a", "b", "*", "/", "."), maxLength: 8 });
    const subject = fc.string({ unit: fc.constantFrom("a", "b", "/", "."), maxLength: 12 });
    fc.assert(
      fc.property(text, subject, (pattern, against) => {
        const source = pattern
          .split("*")
          .map((part) => RegExp.escape(part))
          .join("[^]*");
        const expected = new RegExp(`^${source}$`).test(against);
        expect(compileGlob(pattern)(against)).toBe(expected);
      }),
      { numRuns: 2_000 },
    );
  });
});

describe("capability: the walk", () => {
  const all = [[allow("*")]];
  const cases: { title: string; nodes: CapabilityLayer[][]; answer: object }[] = [
    { title: "no grant", nodes: [all, [[]]], answer: { node: "1" } },
    { title: "an allow on each node", nodes: [all, all], answer: { status: "permitted" } },
    { title: "no layer narrows nothing", nodes: [all, []], answer: { status: "permitted" } },
    {
      title: "an ancestor without a grant",
      nodes: [all, [[]], all],
      answer: { status: "denied", node: "1", subject: "tool:x" },
    },
    {
      title: "an ancestor that may only use it itself",
      nodes: [all, [[allow("tool:x", { delegate: false })]], all],
      answer: { status: "denied", node: "1" },
    },
    {
      title: "a holder that may only pass it on",
      nodes: [all, [[allow("tool:x", { use: false })]]],
      answer: { status: "denied", node: "1" },
    },
    {
      title: "an ancestor that may only pass it on",
      nodes: [all, [[allow("tool:x", { use: false })]], all],
      answer: { status: "permitted" },
    },
    {
      title: "a deny beats an allow, whatever their order",
      nodes: [all, [[allow("tool:*"), deny("tool:x")]]],
      answer: { status: "denied", node: "1", deny: "tool:x" },
    },
    {
      title: "a deny of an ancestor",
      nodes: [[[allow("*"), deny("tool:*")]], all, all],
      answer: { status: "denied", node: "/", deny: "tool:*" },
    },
    {
      title: "a second layer narrows",
      nodes: [all, [[allow("tool:*")], [allow("tool:y")]]],
      answer: { status: "denied", node: "1" },
    },
    {
      title: "a second layer does not widen",
      nodes: [all, [[allow("tool:y")], [allow("tool:*")]]],
      answer: { status: "denied", node: "1" },
    },
  ];
  it.each(cases)("$title", ({ nodes, answer }) => {
    const state = chain(...nodes);
    const asking = `${nodes.length - 1}`;
    expect(ask(state, asking, "tool:x")).toMatchObject(answer);
    expect(ask(state, asking, "tool:x")).toMatchObject(answer);
  });

  it("takes a default right away by a deny, and at the root by the lack of a grant", () => {
    const to = "message:/1";
    expect(ask(chain(all, [[]], [[]]), "2", to, true).status).toBe("permitted");
    expect(ask(chain(all, [[]], [[]]), "2", to).status).toBe("denied");
    expect(ask(chain(all, [[deny(to)]], [[]]), "2", to, true)).toMatchObject({ deny: to });
    expect(ask(chain([[]], [[]], [[]]), "2", to, true)).toMatchObject({ node: "/" });
  });

  it("forgets its answers when the rights of an ancestor change", () => {
    const state = chain(all, all, all);
    expect(ask(state, "2", "tool:x").status).toBe("permitted");
    decideCapability(state, { type: "change", node: "1", layers: [[deny("tool:x")]] });
    expect(ask(state, "2", "tool:x")).toMatchObject({ status: "denied", node: "1" });
    decideCapability(state, { type: "change", node: "1", layers: all });
    expect(ask(state, "2", "tool:x").status).toBe("permitted");
  });

  it("holds a remembered yes for the version it was given for, also when restored", () => {
    const asks: CapabilityGrant = { ...allow("tool:x"), ask: true };
    const state = chain([[asks]], all);
    const facts = { now: 0, arguments: [] };
    const at = (version: string | undefined, of = state) => {
      const request = { type: "check", node: "1", subject: "tool:x", facts, version } as const;
      return decideCapability(of, request);
    };
    expect(at("v1")).toEqual({ status: "ask", nodes: ["/"], subject: "tool:x", grant: "tool:x" });
    const remember = { type: "remember", node: "/", subject: "tool:x", below: true } as const;
    decideCapability(state, { ...remember, version: "v1" });
    const restored = restoreCapability(JSON.parse(JSON.stringify(saveCapability(state))));
    for (const of of [state, restored]) {
      expect(at("v1", of).status).toBe("permitted");
      expect(at("v2", of)).toMatchObject({ status: "ask", changed: true });
      expect(at(undefined, of)).toMatchObject({ status: "ask", changed: true });
    }
    decideCapability(state, { ...remember, below: false, version: "v2" });
    // What was wider was for another version: it does not widen this one.
    expect([at("v1").status, at("v2").status]).toEqual(["ask", "ask"]);
  });

  it("remembers a bounded number of answers", () => {
    const state = chain(all, all);
    for (let n = 0; n < 10_000; n++) ask(state, "1", `message:/${n}`);
    expect(state.nodes.get("1")!.known!.size).toBeLessThanOrEqual(256);
  });

  it("reads a list that can still change anew, and shares one that cannot", () => {
    const loose = [allow("tool:x")];
    const state = chain(all, [loose]);
    loose.push(deny("tool:x"));
    decideCapability(state, { type: "open", node: "late", parent: "/", layers: [loose] });
    expect(ask(state, "late", "tool:x").status).toBe("denied");
    const fixed = Object.freeze([allow("tool:x")]);
    for (const node of ["a", "b"]) {
      decideCapability(state, { type: "open", node, parent: "/", layers: [fixed] });
    }
    expect(state.nodes.get("a")!.layers[0]).toBe(state.nodes.get("b")!.layers[0]);
  });

  it("throws a RangeError for nodes that are not there, twice there, or not empty", () => {
    const state = chain(all, all, all);
    const close = (node: string) => decideCapability(state, { type: "close", node });
    expect(() => ask(state, "9", "tool:x")).toThrow(RangeError);
    const again = { type: "open", node: "1", parent: "/", layers: all } as const;
    expect(() => decideCapability(state, again)).toThrow(RangeError);
    expect(() => close("1")).toThrow(RangeError);
    expect(() => close("/")).toThrow(RangeError);
    close("2");
    close("1");
    expect(state.nodes.size).toBe(1);
  });
});

describe("capability: whatever the rights", () => {
  const pattern = fc.constantFrom("*", "tool:*", "tool:a", "tool:b", "*a", "model:*");
  const grant = fc.record({
    effect: fc.constantFrom("allow" as const, "allow" as const, "deny" as const),
    pattern,
    use: fc.boolean(),
    delegate: fc.boolean(),
  });
  const layers = fc.array(fc.array(grant, { maxLength: 4 }), { minLength: 1, maxLength: 2 });
  const nodes = fc.array(layers, { minLength: 1, maxLength: 4 });
  const subject = fc.constantFrom("tool:a", "tool:b", "model:a");

  it("what is permitted is what every node of the path permits by itself", () => {
    const permits = (own: CapabilityLayer[], asked: string, right: "use" | "delegate") =>
      own.every((layer) => {
        const hits = layer.filter(({ pattern }) => compileGlob(pattern)(asked));
        if (hits.some(({ effect }) => effect === "deny")) return false;
        return hits.some((hit) => hit[right]);
      });
    fc.assert(
      fc.property(nodes, subject, (path, asked) => {
        const state = chain(...path);
        const last = path.length - 1;
        const expected = path.every((own, n) =>
          permits(own, asked, n === last ? "use" : "delegate"),
        );
        const answer = ask(state, last === 0 ? "/" : `${last}`, asked);
        expect(answer.status === "permitted").toBe(expected);
        const again = restoreCapability(JSON.parse(JSON.stringify(saveCapability(state))));
        expect(ask(again, last === 0 ? "/" : `${last}`, asked)).toEqual(answer);
      }),
      { numRuns: 1_000 },
    );
  });
});

describe("capability: as an actor", () => {
  it("answers each event at once", () => {
    const input = { node: "/", layers: [[allow("tool:x")]] };
    const actor = createActor(capabilityLogic, { input }).start();
    const asked = (subject: string) => askDecider(actor, { type: "check", node: "/", subject });
    expect(["tool:x", "tool:y"].map((subject) => asked(subject).status)).toEqual([
      "permitted",
      "denied",
    ]);
    expect(actor.getSnapshot().context).toEqual({ nodes: 1, epoch: 0 });
  });
});
