import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import * as coppice from "coppice";
import * as door from "coppice/door";
import * as testing from "coppice/testing";
import { root } from "./pages.ts";

/** An `@example` of a docstring, and what it is about. */
export interface Example {
  /** `src/tools/tool.ts: defineTool` */
  readonly name: string;
  readonly code: string;
}

const DOCSTRING = /\/\*\*(?:(?!\*\/)[\s\S])*?@example(?:(?!\*\/)[\s\S])*\*\/\s*([^\n]*)/g;
const DECLARED =
  /(?:(?:class|function|type|interface|const|abstract class)\s+)?([\w$]+)(?=[\s(<:=?])/;
const KEYWORDS = /\b(?:export|declare|default|abstract|static|async|readonly)\s+/g;

/** Every `@example` of the library's docstrings. */
export function readExamples(): Example[] {
  const files = readdirSync(join(root, "src"), { recursive: true, encoding: "utf8" });
  return files
    .filter((file) => file.endsWith(".ts"))
    .sort()
    .flatMap((file) => examplesIn(`src/${file}`, readFileSync(join(root, "src", file), "utf8")));
}

export function examplesIn(file: string, text: string): Example[] {
  return [...text.matchAll(DOCSTRING)].flatMap(([docstring, declaration = ""]) => {
    const symbol = DECLARED.exec(declaration.replace(KEYWORDS, ""))?.[1] ?? "?";
    const lines = docstring.split("*/")[0]?.split("\n") ?? [];
    const bare = lines.map((line) => line.replace(/^\s*(?:\/\*\*|\* ?)/, "")).join("\n");
    const parts = bare.split(/^@example\b[^\n]*$/m).slice(1);
    return parts.map((part) => {
      const code = part.split(/^@\w+/m)[0] ?? "";
      return { name: `${file}: ${symbol}`, code: code.replace(/^```\w*$/gm, "").trim() };
    });
  });
}

const MODULES = { coppice, "coppice/door": door, "coppice/testing": testing };
const XSTATE = ["assign", "setup", "createMachine", "createActor"];

/** What an example takes for granted, in an order in which each may use those before it. */
const GIVEN: readonly { readonly name: string; readonly code: string }[] = [
  {
    name: "tools",
    code: `const tools = [defineTool({
  name: "add", description: "Adds.", input: { type: "object" }, execute: () => 3,
})];`,
  },
  {
    name: "agents",
    code: `const agents = {
  lead: { model: scripted([call("secret"), "Done."], { repeat: true }) },
  slow: { model: { provider: "scripted", steps: [{ text: "Late.", delayMs: 600_000 }] } },
};`,
  },
  {
    name: "supervisor",
    code: `const options = { threads: 0, agents, tools };
  await using supervisor: Supervisor = await Supervisor.start(options);`,
  },
  { name: "ref", code: 'const ref = await supervisor.spawn("slow", { input: "Go." });' },
  { name: "message", code: 'const message = "A letter.";' },
];

const uses = (code: string, name: string): boolean =>
  new RegExp(`(?<![\\w$."'/])${name}(?![\\w$"'])`).test(code.replaceAll(/\/\/[^\n]*/g, ""));
const declares = (code: string, name: string): boolean =>
  new RegExp(
    `\\b(?:const|let|using|function|class)\\s+${name}\\b|[{,]\\s*${name}\\s*[,}][^;]*from`,
  ).test(code);

/** A program of an example: with its imports, and what it takes for granted before it. */
export function programOf({ code }: Example): string {
  const parts = [inPlace(code)];
  for (const { name, code: given } of [...GIVEN].reverse()) {
    const all = parts.join("\n");
    if (uses(all, name) && !declares(all, name)) parts.unshift(given);
  }
  const all = parts.join("\n");
  const named = Object.entries(MODULES).flatMap(([module, exported]) =>
    importOf(all, module, Object.keys(exported)),
  );
  return [...named, ...importOf(all, "xstate", XSTATE), ...parts].join("\n");
}

function importOf(code: string, module: string, names: readonly string[]): string[] {
  const wanted = names.filter((name) => uses(code, name) && !declares(code, name));
  return wanted.length === 0 ? [] : [`import { ${wanted.join(", ")} } from "${module}";`];
}

/**
 * A part of a machine stands in one, a model is known to be one, and a reader that never ends is
 * ended by the supervisor's stop.
 */
function inPlace(code: string): string {
  if (/^(?:invoke|on):/.test(code)) {
    return `export default setup({
  types: { context: {} as { count: number; sum: unknown }, events: {} as { type: string } },
  actors: { callTool },
}).createMachine({ context: { count: 0, sum: 0 }, initial: "one",
  states: { one: { ${code.replace("#closing", "closing")} }, closing: {} } });`;
  }
  if (/^export default \(\{ messages/.test(code)) {
    const model = code.replace("export default", "const model: ModelFunction =");
    return `import type { ModelFunction } from "coppice";\n${model}\nexport default model;`;
  }
  if (/^for await/.test(code)) return `setTimeout(() => void supervisor.stop(), 50);\n${code}`;
  return code;
}
