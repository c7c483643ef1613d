import { existsSync, readFileSync, realpathSync, statSync } from "node:fs";
import { findPackageJSON } from "node:module";
import { basename, extname, resolve } from "node:path";
import { pathToFileURL } from "node:url";
import { Supervisor, type SupervisorOptions } from "../index.ts";
import { nearest } from "../wire/did-you-mean.ts";
import { UsageError } from "./usage-error.ts";

const MODULE_SYNTAX = /^(?:import\s+[\w*{"']|export\s+(?:default|const|\{))/m;
const MISSING = /Cannot find package '(@[^'/]+\/[^'/]+|[^@'/][^'/]*)/;
const TYPESCRIPT = /\.[mc]?ts$/;
const IN_PACKAGES = /[\\/]node_modules[\\/]/;
const COMMON_JS = /"type"\s*:\s*"commonjs"/;
/** A stack line inside Node, which says nothing to a user. */
const NODE_FRAME = /\n\s+at [^\n]*node:internal[^\n]*/g;
const DEFAULT_AGENTS = ["main", "lead"];

/**
 * Imports a file and returns its default export.
 *
 * **Fails with** UsageError when the file does not exist, cannot be imported, or exports no
 * options. The supervisor checks the options themselves.
 */
export async function readSwarmFile(file: string): Promise<SupervisorOptions> {
  const path = resolve(file);
  if (!existsSync(path)) throw new UsageError(`There is no file ${path}.`);
  if (statSync(path).isDirectory()) throw new UsageError(`${file} is a folder: name a file in it.`);
  refuseModuleInCommonJs(path, file);
  refuseTypesInPackage(path, file);
  const module = await load(path, file);
  const options = module.default;
  if (options instanceof Supervisor) {
    throw new UsageError(`${file} exports a Supervisor that has started: export its options.`);
  }
  if (options instanceof Promise) {
    throw new UsageError(`${file} exports a promise: write \`export default await …\`.`);
  }
  if (typeof options === "object" && options !== null && !Array.isArray(options)) return options;
  const found = "default" in module ? `one of another kind (${kindOf(options)})` : "none";
  const wanted = "`export default { agents: { … } }`, a SupervisorOptions object";
  throw new UsageError(`${file} needs a default export, and has ${found}: write ${wanted}.`);
}

/** Returns the template to run: the one named, the only one, or the one called main or lead. */
export function chooseAgent({ agents = {} }: SupervisorOptions, asked?: string): string {
  const names = Object.keys(agents);
  const listed = names.join(", ");
  if (names.length === 0) throw new UsageError("The file has no agents: add one to `agents`.");
  if (asked !== undefined) {
    if (names.includes(asked)) return asked;
    const meant = nearest(asked, names);
    const advice = meant === undefined ? "" : ` Did you mean ${meant}?`;
    throw new UsageError(`There is no agent "${asked}"; the file has ${listed}.${advice}`);
  }
  const usual = names.length === 1 ? names[0] : DEFAULT_AGENTS.find((name) => names.includes(name));
  if (usual !== undefined) return usual;
  throw new UsageError(`Say which agent to run, with --agent NAME: ${listed}.`);
}

/** Throws UsageError when an agent needs an input text and none is given. */
export function checkInput(options: SupervisorOptions, agent: string, input?: string): void {
  const spec = options.agents?.[agent];
  if (input !== undefined || spec?.input !== undefined || spec?.machine !== undefined) return;
  const message = `Say what "${agent}" is to do: --input TEXT, or --input - for standard input.`;
  throw new UsageError(message);
}

/**
 * Refuses ES module syntax in a CommonJS package: Node's own error names neither the package nor a
 * remedy.
 */
function refuseModuleInCommonJs(path: string, file: string): void {
  const extension = extname(path);
  if (extension !== ".ts" && extension !== ".js") return;
  const manifest = findPackageJSON(pathToFileURL(path));
  if (manifest === undefined || !MODULE_SYNTAX.test(readFileSync(path, "utf8"))) return;
  if (!COMMON_JS.test(readFileSync(manifest, "utf8"))) return;
  const name = `${basename(path, extension)}.m${extension.slice(1)}`;
  const remedy = `write "type": "module" there, or name the file ${name}`;
  throw new UsageError(`${file} is an ES module, and ${manifest} says "commonjs": ${remedy}.`);
}

/** Node takes the types out of no file there, such as an example where it was installed. */
function refuseTypesInPackage(path: string, file: string): void {
  if (!TYPESCRIPT.test(path) || !IN_PACKAGES.test(realpathSync(path))) return;
  const remedy = "copy its folder out of there, and run the copy";
  throw new UsageError(
    `${file} is TypeScript in node_modules, which Node does not run: ${remedy}.`,
  );
}

async function load(path: string, file: string): Promise<{ readonly [name: string]: unknown }> {
  const stuck = Promise.withResolvers<never>();
  const message = `${file} waits at its top level for what never comes: see each \`await\` there.`;
  // Node runs out of work then, and would end without a word and with 0.
  const isStuck = (): void => stuck.reject(new UsageError(message));
  process.once("beforeExit", isStuck);
  try {
    return await Promise.race([import(pathToFileURL(path).href), stuck.promise]);
  } catch (thrown) {
    if (thrown instanceof UsageError) throw thrown;
    const stack = thrown instanceof Error ? (thrown.stack ?? thrown.message) : String(thrown);
    const shown = stack.replaceAll(NODE_FRAME, "");
    const [, missing] = MISSING.exec(stack) ?? [];
    const remedy = missing === undefined ? "" : `\nInstall what is missing: npm install ${missing}`;
    throw new UsageError(`${file} cannot be imported: ${shown}${remedy}`, { cause: thrown });
  } finally {
    process.off("beforeExit", isStuck);
  }
}

function kindOf(value: unknown): string {
  if (value === null) return "null";
  return Array.isArray(value) ? "array" : typeof value;
}
