import { expect, it } from "vitest";
import { Names } from "../../src/kernel/names.ts";
import { forgetNode } from "../../src/kernel/remains.ts";
import fc from "../fixtures/properties.ts";
import { codeThrown, Driver } from "./driver.ts";

it("numbers what has the same base", () => {
  const names = new Names();
  expect([1, 2, 3].map(() => names.make("reviewer"))).toEqual([
    "reviewer",
    "reviewer-2",
    "reviewer-3",
  ]);
});

it("refuses a chosen name that was ever used, made or chosen", () => {
  const names = new Names();
  names.make("a");
  names.make("a");
  names.choose("b");
  for (const name of ["a", "a-2", "b"]) {
    expect(
      codeThrown(() => names.choose(name)),
      name,
    ).toBe("NAME_INVALID");
  }
  expect(names.choose("a-3")).toBe("a-3");
  expect(names.make("a")).toBe("a-4");
});

it("never gives a name twice, whatever the bases look like", () => {
  const base = fc.constantFrom("a", "a-2", "a-3", "a-2-2", "b", "b-1", "a-02");
  const step = fc.record({ base, chosen: fc.boolean() });
  fc.assert(
    fc.property(fc.array(step, { maxLength: 40 }), (steps) => {
      const names = new Names();
      const given = new Set<string>();
      for (const { base, chosen } of steps) {
        let name: string | undefined;
        if (!chosen) name = names.make(base);
        else if (codeThrown(() => (name = names.choose(base))) !== undefined) continue;
        expect(given.has(name as string), name).toBe(false);
        given.add(name as string);
      }
    }),
  );
});

it.each(["", ".", "..", "a/b", "-a", "a b", "ä", "x".repeat(65), "a\n"])(
  "refuses %j as the last part of a path",
  (name) => {
    expect(codeThrown(() => new Names().choose(name))).toBe("NAME_INVALID");
    expect(codeThrown(() => new Names().make(name))).toBe("NAME_INVALID");
  },
);

it("keeps a path for one agent for ever, also after it was forgotten", () => {
  const driver = new Driver();
  for (let count = 1; count <= 2_500; count += 1) {
    const node = driver.spawn();
    expect(node.path).toBe(count === 1 ? "/a" : `/a-${count}`);
    driver.complete(node);
    forgetNode(driver.kernel.tree, node);
  }
  expect(driver.kernel.find("/a")).toBeUndefined();
  expect(codeThrown(() => driver.spawn(driver.root, {}, { chosen: "a" }))).toBe("NAME_INVALID");
  expect(codeThrown(() => driver.spawn(driver.root, {}, { chosen: "a-7" }))).toBe("NAME_INVALID");
});

it("leaves a name free when the spawn is refused after all", () => {
  const driver = new Driver();
  const open = () => {
    throw new Error("no account");
  };
  expect(() => driver.spawn(driver.root, {}, { chosen: "mine", open })).toThrow("no account");
  expect(() => driver.spawn(driver.root, {}, { open })).toThrow("no account");
  expect(driver.spawn(driver.root, {}, { chosen: "mine" }).path).toBe("/mine");
  expect(driver.spawn().path).toBe("/a");
});
