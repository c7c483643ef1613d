import { describe, expect, it } from "vitest";
import { OldestFirst } from "../../src/wire/oldest-first.ts";
import fc from "../fixtures/properties.ts";

const command = fc.record({
  kind: fc.constantFrom("set", "set", "take", "take-oldest", "look"),
  key: fc.nat(8),
});

describe("a map that knows its oldest entry", () => {
  it("has the entries of a map, in the same order, after whatever was done to it", () => {
    fc.assert(
      fc.property(fc.array(command, { maxLength: 200 }), (commands) => {
        const [plain, ours] = [new Map<number, number>(), new OldestFirst<number, number>()];
        commands.forEach(({ kind, key }, n) => {
          const first = plain.keys().next().value;
          const taken = kind === "take-oldest" ? first : key;
          if (kind === "look") expect(ours.oldest).toBe(first);
          else if (kind === "set") {
            plain.set(key, n);
            ours.set(key, n);
          } else if (taken !== undefined) {
            if (kind === "take-oldest") expect(ours.oldest).toBe(taken);
            expect(ours.take(taken)).toBe(plain.get(taken));
            plain.delete(taken);
          }
          expect([...ours]).toEqual([...plain]);
          expect([ours.size, ours.get(key), ours.has(key)]).toEqual([
            plain.size,
            plain.get(key),
            plain.has(key),
          ]);
        });
        expect(ours.oldest).toBe(plain.keys().next().value);
      }),
    );
  });

  it("does not pass the entries that were deleted before its oldest one again and again", () => {
    let iterators = 0;
    const { keys } = Map.prototype;
    Map.prototype.keys = function () {
      iterators += 1;
      return keys.call(this) as MapIterator<unknown>;
    };
    try {
      const ours = new OldestFirst<number, number>();
      for (let n = 0; n < 1_000; n += 1) ours.set(n, n);
      for (let n = 0; n < 999; n += 1) ours.take(ours.oldest as number);
      expect(ours.oldest).toBe(999);
    } finally {
      Map.prototype.keys = keys;
    }
    expect(iterators).toBe(1);
  });
});
