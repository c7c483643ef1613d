import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { examplesIn, programOf, readExamples } from "../docstrings.ts";
import { readPages } from "../pages.ts";
import { ProgramFolder, type Ran } from "../programs.ts";
import { snippetsOf } from "../snippets.ts";

const snippets = readPages().flatMap(snippetsOf);
const examples = readExamples();
const programs = [
  ...snippets,
  ...examples.map((example) => ({ name: example.name, code: programOf(example) })),
];
/** One that registers an SDK does so for its whole process. */
const isAlone = (index: number): boolean =>
  programs[index]?.code.includes("@opentelemetry/") === true;

const ran = new Map<number, Ran>();
let folder: ProgramFolder;
let faults: string;

beforeAll(async () => {
  folder = new ProgramFolder(programs);
  // What examples of compute tools name.
  folder.add("primes.ts", "export default ({ below }: { below: number }) => below;\n");
  const compiled = folder.compile();
  const indices = [...programs.keys()];
  const alone = indices.filter(isAlone).map((index) => [index]);
  const groups = [indices.filter((index) => !isAlone(index)), ...alone];
  for (const group of groups) {
    const all = await folder.run(group);
    for (const [at, one] of all.entries()) ran.set(group[at] as number, one);
  }
  faults = await compiled;
});
afterAll(() => folder[Symbol.dispose]());

describe("a program of the pages", () => {
  it("stands in the README with its output", () => {
    const shown = snippets.filter(({ name, output }) => name.startsWith("README") && output);
    expect(shown).not.toHaveLength(0);
  });

  it.each(snippets.map(({ name, output }, index) => ({ name, output, index })))(
    "prints what it says it prints: $name",
    ({ output, index }) => {
      const { printed, threw } = ran.get(index) as Ran;
      expect(threw).toBeUndefined();
      if (output !== undefined) expect(printed).toBe(output);
    },
  );
});

describe("an example of a docstring", () => {
  it.each(examples.map(({ name }, index) => ({ name, index: snippets.length + index })))(
    "runs: $name",
    ({ index }) => {
      expect(ran.get(index)?.threw).toBeUndefined();
    },
  );

  it("is found with what it is about", () => {
    const text = [
      "/** Nothing. */",
      "const a = 1;",
      "/**",
      " * Adds.",
      " * @example",
      " * ```ts",
      " * add(1, 2);",
      " * ```",
      " * @example",
      " * add(3);",
      " * @param a a number",
      " */",
      "export function add<T>(a: T): T {",
      "  /** @returns b */",
      "}",
    ].join("\n");
    expect(examplesIn("src/a.ts", text)).toEqual([
      { name: "src/a.ts: add", code: "add(1, 2);" },
      { name: "src/a.ts: add", code: "add(3);" },
    ]);
  });
});

it("all of them compile", () => {
  const named = faults.replaceAll(/[^\s]*program-(\d+)\.ts/g, (_file, at) => {
    return String(programs[Number(at)]?.name);
  });
  expect(named).toBe("");
});
