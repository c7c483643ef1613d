import { describe, expect, it } from "vitest";
import { compileGlob } from "../../machines/glob.ts";
import { checkNames, NameTable, nameForModels } from "../../src/tools/names.ts";

describe("modelName", () => {
  it.each([
    ["add", "add"],
    ["fs/read", "fs__read"],
    ["fs/read.file v2", "fs__read_file_v2"],
    ["fs/deep/read", "fs__deep_read"],
    ["größe", "gr__e"],
    ["n".repeat(64), "n".repeat(64)],
  ])("shows %s as %s", (subject, name) => {
    expect(nameForModels(subject)).toBe(name);
  });

  it("cuts a name of 65 characters to 64, with a hash that tells it from its like", () => {
    const long = nameForModels(`server/${"x".repeat(57)}`);
    expect(long).toHaveLength(64);
    expect(long).toMatch(/^server__x{49}_[0-9a-f]{6}$/);
    expect(nameForModels(`server/${"x".repeat(58)}`)).not.toBe(long);
    expect(nameForModels(`server/${"x".repeat(56)}`)).toBe(`server__${"x".repeat(56)}`);
  });
});

describe("a name without a letter that services take", () => {
  it("is told from its like by a hash, and an empty one is not empty", () => {
    const names = ["mcp/日本", "mcp/漢字", "mcp/\ud800", "mcp/ "].map(nameForModels);
    for (const name of names) expect(name).toMatch(/^mcp__+_[0-9a-f]{6}$/);
    expect(new Set(names)).toHaveProperty("size", 4);
    expect(nameForModels("mcp/")).toBe("mcp__");
  });
});

const namesOf = (subjects: readonly string[]): string[] => {
  const table = new NameTable();
  return subjects.map((subject) => table.nameOf(subject).name);
};

describe("checkNames", () => {
  it.each([
    ["two tools", ["a.b", "a_b"], /"a_b" and tool "a\.b" would both be shown to models as "a_b"/],
    ["a tool and the loop's", ["spawn.agent"], /the agent loop would both/],
  ])("refuses a clash of %s", (_, subjects, message) => {
    expect(() => checkNames(subjects)).toThrow(
      expect.objectContaining({ code: "OPTIONS_INVALID", message: expect.stringMatching(message) }),
    );
  });
});

describe("NameTable", () => {
  it("gives no two the same name, also where one is named like another's hash", () => {
    const [, second] = namesOf(["a.b", "a_b"]);
    const names = namesOf(["a.b", second as string, "a_b"]);
    expect(new Set(names)).toHaveProperty("size", 3);
  });

  it("gives the later of two a name of its own, and none one that is reserved", () => {
    expect(namesOf(["a.b", "a_b", "wait.agents"])).toEqual([
      "a_b",
      expect.stringMatching(/^a_b_[0-9a-f]{6}$/),
      expect.stringMatching(/^wait_agents_[0-9a-f]{6}$/),
    ]);
  });

  it("says once that a name is new, and keeps it until its subject is gone", () => {
    const table = new NameTable();
    table.nameOf("a.b");
    const second = table.nameOf("a_b");
    expect(second).toMatchObject({ isNew: true, isRenamed: true });
    table.keepOnly(new Set(["a_b"]));
    expect(table.nameOf("a_b")).toEqual({ ...second, isNew: false });
    table.keepOnly(new Set());
    expect(table.nameOf("a_b")).toEqual({ name: "a_b", isNew: true, isRenamed: false });
  });
});

describe("a glob of tools", () => {
  it.each([
    ["add", "add", true],
    ["add", "adder", false],
    ["*", "", true],
    ["*", "fs/read", true],
    ["fs/*", "fs/read", true],
    ["fs/*", "fs/", true],
    ["fs/*", "fs", false],
    ["fs/*", "ffs/read", false],
    ["*/read", "fs/read", true],
    ["*/read", "fs/read_all", false],
    ["a*a", "a", false],
    ["a*a", "aa", true],
    ["a*b*c", "a-b-c", true],
    ["a*b*c", "a-c-b", false],
    ["a**c", "ac", true],
    ["a.c", "abc", false],
    ["", "", true],
    ["", "a", false],
  ])("%s and %s: %s", (pattern, name, matches) => {
    expect(compileGlob(pattern)(name)).toBe(matches);
  });

  it("does not slow down on a pattern of many stars", () => {
    const before = performance.now();
    expect(compileGlob(`${"*a".repeat(5_000)}b`)("a".repeat(100_000))).toBe(false);
    expect(performance.now() - before).toBeLessThan(10_000);
  });
});
