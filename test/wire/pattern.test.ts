import { createContext, Script } from "node:vm";
import { RE2JS } from "re2js";
import { describe, expect, it } from "vitest";
import { isQuickPattern, readPattern } from "../../src/wire/pattern.ts";
import fc from "../fixtures/properties.ts";

const room = createContext({});
const native = new Script("new RegExp(source, 'u').test(said)");

/** What RegExp itself says; undefined where that would take longer than anybody waits. */
function nativeTest(source: string, said: string): boolean | undefined {
  try {
    return native.runInContext(Object.assign(room, { source, said }), { timeout: 200 });
  } catch (thrown) {
    if ((thrown as { code?: unknown }).code === "ERR_SCRIPT_EXECUTION_TIMEOUT") return undefined;
    throw thrown;
  }
}

describe("a pattern", () => {
  it.each([
    "^[a-z]+$",
    "^(oak|ash|elm)$",
    "^\\d{4}-\\d\\d-\\d\\d$",
    "^x-",
    "^[A-Za-z_][A-Za-z0-9_]{0,63}$",
    "^https?://",
  ])("is quick: %s", (pattern) => {
    expect(isQuickPattern(pattern, 500)).toBe(true);
  });

  it.each([
    "^(a+)+$",
    "^(a|a)*$",
    "^(a|ab)*$",
    "(a|a)".repeat(30),
    "^\\d+\\d+\\d+$",
    "^.*.*.*x$",
    "^(a{1,100}){1,100}$",
    "^(a?){40}a{40}$",
    "^(?=.*a)(?=.*b).*$",
    "^(a|a)*\\1$",
    "^(?<x>a+)\\k<x>+$",
    "a+b+c+",
    `${"(".repeat(100)}a${")".repeat(100)}`,
    "a".repeat(20_000),
    "(?i:a)",
    "a**",
    "[",
  ])("may take long, or is not known: %s", (pattern) => {
    expect(isQuickPattern(pattern, 500)).toBe(false);
  });

  it.each(["(?=a)b", "(?<!a)b", "(a)\\1", "(?<x>a)\\k<x>", "[\\S]", "\\ud83d", "\\p{Letter}"])(
    "cannot be said in the syntax of RE2: %s",
    (pattern) => {
      expect(readPattern(pattern).linear).toBeUndefined();
    },
  );

  const atom = fc.constantFrom(
    ...["a", "b", ".", "\\s", "\\S", "\\d", "\\W", "[a-c]", "[^a\\s]", "\\u{1f600}", "\\x41"],
    ...["\\n", "\\-".slice(1), "[]", "[^]", "\\b", "^", "$", "\\p{L}", "\\p{Script=Greek}", "\\."],
  );
  const sign = fc.constantFrom("", "", "*", "+", "?", "{2}", "{1,3}", "{0,}", "*?");
  const { pattern } = fc.letrec<{ pattern: string; part: string }>((tie) => ({
    part: fc.oneof(
      { depthSize: "small" },
      atom.chain((one) =>
        /^(\\b|\^|\$)$/.test(one) ? fc.constant(one) : sign.map((s) => one + s),
      ),
      fc.tuple(tie("pattern"), sign).map(([inside, s]) => `(${inside})${s}`),
      fc.tuple(tie("pattern"), sign).map(([inside, s]) => `(?:${inside})${s}`),
    ),
    pattern: fc
      .array(fc.array(tie("part"), { maxLength: 3 }), { minLength: 1, maxLength: 2 })
      .map((sides) => sides.map((parts) => parts.join("")).join("|")),
  }));
  const text = fc.string({
    unit: fc.constantFrom(..."abcA1 \n\t-.é\u00a0\u2028\ufeffα😀"),
    maxLength: 8,
  });

  it("matches the same texts in the syntax of RE2", () => {
    fc.assert(
      fc.property(pattern, text, (source, said) => {
        const { linear } = readPattern(source);
        expect(linear).toBeDefined();
        const native = nativeTest(source, said);
        fc.pre(native !== undefined);
        expect([source, said, RE2JS.compile(linear as string).test(said)]).toEqual([
          ...[source, said, native],
        ]);
      }),
      { numRuns: 2_000 },
    );
  });
});
