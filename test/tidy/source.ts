import { globSync, readFileSync } from "node:fs";
import { posix } from "node:path";
import { maskText } from "./mask.ts";

export type Import = { readonly specifier: string; readonly line: number };

export type Source = {
  /** From the repository's root, with forward slashes. */
  readonly path: string;
  readonly text: string;
  /** The text at the same offsets with comments and the insides of strings blanked. */
  readonly code: string;
  readonly imports: readonly Import[];
};

const root = new URL("../../", import.meta.url);

export function readSources(): Source[] {
  const paths = globSync("{src,machines,workers,examples,test}/**/*.ts", {
    cwd: root,
    exclude: (path) => path.split("/").includes("node_modules"),
  });
  return paths.sort().map((path) => source(path, readFileSync(new URL(path, root), "utf8")));
}

export function source(path: string, text: string): Source {
  const code = maskText(text);
  return { path, text, code, imports: findImports(text, code) };
}

export function lineAt(text: string, offset: number): number {
  return text.slice(0, offset).split("\n").length;
}

const publicEntries: Readonly<Record<string, string>> = {
  coppice: "src/index.ts",
  "coppice/actor": "src/door/index.ts",
  "coppice/door": "src/door/index.ts",
  "coppice/machines": "machines/index.ts",
  "coppice/testing": "src/testing/index.ts",
};

/** The path of the imported file of this repository, or undefined for any other module. */
export function resolveLocal(from: string, specifier: string): string | undefined {
  if (specifier.startsWith(".")) return posix.join(posix.dirname(from), specifier);
  return publicEntries[specifier];
}

/** `@scope/name` or `name` of a third-party module, otherwise undefined. */
export function packageOf(specifier: string): string | undefined {
  if (/^(\.|node:|coppice(\/|$))/.test(specifier)) return undefined;
  return specifier
    .split("/")
    .slice(0, specifier.startsWith("@") ? 2 : 1)
    .join("/");
}

const importForms = [
  /^[ \t]*(?:import|export)\s*[\w$*{},\s]*?\bfrom\s*["']/gm,
  /^[ \t]*import\s*["']/gm,
  /\bimport\s*\(\s*["'`]/g,
];

function findImports(text: string, code: string): Import[] {
  return importForms.flatMap((form) =>
    [...code.matchAll(form)].map((match) => {
      const start = match.index + match[0].length;
      const quote = code[start - 1] as string;
      return {
        specifier: text.slice(start, code.indexOf(quote, start)),
        line: lineAt(text, start),
      };
    }),
  );
}
