import { describe, expect, it } from "vitest";
import { Arbiter } from "../../src/authority/arbiter.ts";
import type { Json } from "../../src/index.ts";
import type { Grant, Where } from "../../src/wire/spec.ts";

function ask(grants: readonly Grant[], input: Json) {
  const arbiter = new Arbiter({ grants });
  return arbiter.tool(arbiter.root, { callId: "k", tool: "pay", input });
}

const status = (grants: readonly Grant[], input: Json): string => ask(grants, input).status;
const allow = (where: Where): Grant => ({ allow: "tool:pay", where });
const deny = (where: Where): Grant => ({ deny: "tool:pay", where });

describe("where: exact globs", () => {
  it.each([
    [{ to: "shop-*" }, { to: "shop-1" }, "granted"],
    [{ to: "shop-*" }, { to: "Shop-1" }, "refused"],
    [{ to: "shop-*" }, { to: "x shop-1" }, "refused"],
    [{ to: ["a", "b"] }, { to: "b" }, "granted"],
    [{ to: ["a", "b"] }, { to: "c" }, "refused"],
    [{ to: "a*" }, { to: "a\nb" }, "granted"],
    [{ to: "" }, { to: "" }, "granted"],
    [{ to: "" }, { to: "x" }, "refused"],
    [{ n: "5" }, { n: 5 }, "granted"],
    [{ n: "5" }, { n: "5" }, "granted"],
    [{ n: "5" }, { n: 50 }, "refused"],
    [{ n: "true" }, { n: true }, "granted"],
    [{ n: "null" }, { n: null }, "granted"],
    [{ n: "null" }, {}, "refused"],
    [{ n: "*" }, {}, "refused"],
    [{ o: '{"a":1,"b":[2]}' }, { o: { b: [2], a: 1 } }, "granted"],
    [{ o: '{"a":1*' }, { o: { a: 2 } }, "refused"],
    [{ l: "a*" }, { l: ["a1", "a2"] }, "granted"],
    [{ l: "a*" }, { l: ["a1", "b"] }, "refused"],
    [{ l: "a*" }, { l: [] }, "refused"],
    [{ a: "1", b: "2" }, { a: 1, b: 2 }, "granted"],
    [{ a: "1", b: "2" }, { a: 1 }, "refused"],
    [{ toString: "*" }, {}, "refused"],
    [JSON.parse('{"__proto__":"x"}'), JSON.parse('{"__proto__":"x"}'), "granted"],
    [JSON.parse('{"__proto__":"x"}'), {}, "refused"],
  ] as [Where, Json, string][])("%o on %o: %s", (where, input, expected) => {
    expect(status([allow(where)], input)).toBe(expected);
  });

  it("outlive input of any shape", () => {
    const deep = JSON.parse(`${"[".repeat(5_000)}${"]".repeat(5_000)}`) as Json;
    const circle: { o?: Json } = {};
    circle.o = circle as Json;
    for (const input of [deep, { o: deep }, circle as Json]) {
      expect(status([allow({ o: "x" })], input)).toBe("refused");
    }
  });
});

describe("where: patterns", () => {
  it.each(["Path:/etc/**", "PATH:/etc/**", " path:/etc/**", "cmd :git", "URL:https://a.b/"])(
    "%j is no exact glob, but a kind that is misspelt",
    (pattern) => {
      expect(() => ask(["tool:*", deny({ to: pattern })], {})).toThrow(/small letters/);
    },
  );
});

describe("where: denies", () => {
  it.each([
    [{ to: "evil" }, { to: "evil" }, "refused"],
    [{ to: "evil" }, { to: "good" }, "granted"],
    [{ to: "evil" }, {}, "refused"],
    [{ to: "evil" }, { To: "good" }, "refused"],
    [{ to: "evil" }, { to: ["good", "evil"] }, "refused"],
    [{ to: "evil" }, { to: [] }, "refused"],
    [{ to: "evil" }, { to: "EVIL" }, "refused"],
    [{ to: "evil" }, { to: " \uff25vil " }, "refused"],
    [{ to: "evil" }, { to: "ev\u200bil" }, "refused"],
    [{ to: "evil" }, { to: "evils" }, "granted"],
    [{ to: "evil*" }, { to: "Evils" }, "refused"],
    [{ n: "5" }, { n: 5 }, "refused"],
    [{ n: "5" }, { n: 6 }, "granted"],
    [{ to: "evil", by: "me" }, { to: "good", by: "me" }, "refused"],
    [{ to: "evil", by: "me" }, { to: "good", by: "you" }, "granted"],
    [{ to: "path:/etc/**" }, { to: "/etc/x" }, "refused"],
    [{ to: "path:/etc/**" }, { to: "~/x" }, "refused"],
    [{ to: "path:/etc/**" }, { to: 5 }, "refused"],
    [{ to: "path:/etc/**" }, { to: { path: "/srv" } }, "refused"],
    [{ to: "path:/etc/**" }, { to: ["/srv", "%2e"] }, "refused"],
    [{ to: "path:/etc/**" }, { to: "/srv" }, "granted"],
    [{ to: "path:/etc/**" }, "/etc/x", "refused"],
    [{ to: "path:/etc/**" }, null, "refused"],
  ] as [Where, Json, string][])("%o on %o: %s", (where, input, expected) => {
    expect(status(["tool:*", deny(where)], input)).toBe(expected);
    expect(status([deny(where), "tool:*"], input)).toBe(expected);
  });
});

describe("where: one value for all", () => {
  it("an exact glob sees what the tool is given", () => {
    const grants = [allow({ to: "path:/srv/**" }), deny({ to: "/srv/secret" })];
    expect(status(grants, { to: "/srv/x/../secret" })).toBe("refused");
    expect(ask(grants, { to: "/srv/x/../y" })).toEqual({
      status: "granted",
      input: { to: "/srv/y" },
    });
  });

  it("what two kinds read differently is neither", () => {
    const either: Where = { to: ["cmd:ls", "path:/srv/**"] };
    const here = { to: "ls" };
    expect(status([allow(either)], here)).toBe("refused");
    expect(status(["tool:*", deny(either)], here)).toBe("refused");
    expect(status([allow({ to: ["url:https://*/**", "path:/srv/**"] })], { to: "/srv/a" })).toBe(
      "granted",
    );
  });

  it("the input stays as it is, and the same object, where no grant looks at it", () => {
    expect(ask(["tool:*"], { to: "/srv/../x" })).toEqual({ status: "granted" });
    expect(ask([allow({ other: "*" })], { to: "/srv/../x", other: 1 })).toEqual({
      status: "granted",
    });
  });

  it("other arguments keep their values and their order", () => {
    const verdict = ask([allow({ to: "path:/srv/**" })], { a: [1], to: "/srv/./x", z: null });
    expect(verdict.status === "granted" && JSON.stringify(verdict.input)).toBe(
      '{"a":[1],"to":"/srv/x","z":null}',
    );
  });
});

describe("where: the reason of a refusal", () => {
  const told = (grants: readonly Grant[], input: Json) => {
    const verdict = ask(grants, input);
    if (verdict.status !== "refused") throw new Error(verdict.status);
    const { message, details } = verdict.error;
    return { message, details };
  };

  it("names the argument, what it had to be, and its canonical value", () => {
    const no = told([allow({ to: "path:/srv/docs/**" })], { to: "/srv/docs/../x" });
    expect(no.message).toContain(
      'the grant "tool:pay" of / needs `to` as path:/srv/docs/**, and it is "/srv/x"',
    );
    expect(no.details).toMatchObject({
      node: "/",
      grant: "tool:pay",
      lacks: "argument",
      argument: "to",
      wanted: ["path:/srv/docs/**"],
      value: "/srv/x",
    });
  });

  it("says why a value cannot be read, that it is missing, or which deny it met", () => {
    const where = { to: "path:/srv/**" };
    expect(told([allow(where)], { to: "~/x" }).message).toContain("begins with a home folder");
    expect(told([allow(where)], {}).message).toContain("and it is missing");
    const denied = told(["tool:*", deny(where)], { to: "/srv/x" });
    expect(denied.message).toContain('/ denies "tool:pay", where `to` as path:/srv/**');
    expect(denied.details).toMatchObject({ deny: "tool:pay", argument: "to", value: "/srv/x" });
  });

  it("is short, however long the value", () => {
    const { message, details } = told([allow({ to: "x" })], { to: "y".repeat(1_000_000) });
    expect(message.length).toBeLessThan(500);
    expect(JSON.stringify(details).length).toBeLessThan(500);
  });
});
