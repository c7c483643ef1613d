import { describe, expect, it } from "vitest";
import { JsonSkimmer } from "../../../src/tools/mcp/json-skimmer.ts";

/** Fed in pieces of this many characters. */
function skim(text: string, size = text.length): JsonSkimmer {
  const skimmer = new JsonSkimmer();
  for (let at = 0; at < text.length; at += size) skimmer.feed(text.slice(at, at + size));
  return skimmer;
}

function valuesOf(value: unknown): number {
  if (typeof value !== "object" || value === null) return 1;
  return Object.values(value).reduce((sum: number, inside) => sum + valuesOf(inside), 1);
}

const odd = {
  'a "quoted" key\\': [1, -2.5e3, true, false, null, "", "id", '"id":7'],
  result: { id: 1, method: "inner", deep: [[[{ id: 2 }]]] },
  texts: ["{[", "]},:", '\\"', "\\", "🌳", '{"id":8}'],
  jsonrpc: "2.0",
  id: 5,
};

describe("JsonSkimmer", () => {
  it.each([1, 2, 3, 7, 1_000])("counts values and levels in pieces of %i characters", (size) => {
    for (const spaces of [0, 2]) {
      const skimmed = skim(JSON.stringify(odd, undefined, spaces), size);
      expect(skimmed.values).toBe(valuesOf(odd));
      expect(skimmed.depth).toBe(6);
      expect(skimmed.keys).toBe(5);
      expect(skimmed.messages).toEqual([{ id: 5, isCall: false }]);
    }
  });

  it.each([
    ['{"id":5,"result":{}}', 5],
    ['{ "result" : {} , "id" : 5 }', 5],
    ['{"id":"5","result":{"id":6}}', "5"],
    ['{"\\u0069d":"a\\"b"}', 'a"b'],
    ['{"id":null,"error":{}}', undefined],
    ['{"id":{"id":3}}', undefined],
    ['{"id":[3]}', undefined],
    ['{"result":{"id":3}}', undefined],
    ['{"id":3,"id":4}', 4],
    [`{"id":"${"x".repeat(5_000)}"}`, undefined],
  ])("finds the id of %s", (text, id) => {
    for (const size of [1, 3, 10_000]) {
      expect(skim(text, size).messages).toEqual([{ id, isCall: false }]);
    }
  });

  it("tells requests and answers of a list apart", () => {
    const list = [{ id: 1, result: {} }, 5, [{ id: 9 }], { method: "m", id: 1 }, { method: "n" }];
    expect(skim(JSON.stringify(list), 2).messages).toEqual([
      { id: 1, isCall: false },
      { id: 1, isCall: true },
      { id: undefined, isCall: true },
    ]);
  });

  it("names at most 1,000 messages of a list", () => {
    const list = (count: number) => JSON.stringify(Array.from({ length: count }, () => ({})));
    expect(skim(list(1_000)).messages).toHaveLength(1_000);
    expect(skim(list(1_001)).messages).toHaveLength(1_000);
  });

  it.each(["", "}}}]]]", '"', '{"id":', "a banner: yes", "\\", ",,,:::", "[".repeat(100_000)])(
    "reads over what is no JSON: %#",
    (text) => {
      for (const size of [1, 1_000_000]) expect(() => skim(text, size)).not.toThrow();
    },
  );
});
