/** Runs programs one after the other in one process, and hears what each of them prints. */
import { execFile } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { promisify } from "node:util";
import { root } from "./pages.ts";

export interface Program {
  readonly name: string;
  readonly code: string;
}

/** What became of a program: what it printed, and what it threw. */
export interface Ran {
  readonly printed: string;
  readonly threw?: string;
}

const run = promisify(execFile);
const MAX_BYTES = 16 * 1024 * 1024;

/** Plain JavaScript: it is no module of ours. */
const runner = `
const [, , ...names] = process.argv;
const write = process.stdout.write;
const ran = [];
for (const name of names) {
  let printed = "";
  process.stdout.write = (chunk) => (printed += chunk, true);
  process.stderr.write("running " + name + "\\n");
  try { await import("./" + name); ran.push({ printed }); }
  catch (error) { ran.push({ printed, threw: String(error?.stack ?? error) }); }
}
process.stdout.write = write;
process.stdout.write(JSON.stringify(ran), () => process.exit());
`;

/** A folder inside the package, so that its programs can import it by its own name. */
export class ProgramFolder implements Disposable {
  readonly path = mkdtempSync(join(root, "test", "docs", ".run-"));
  readonly #files: readonly string[];

  constructor(programs: readonly Program[]) {
    this.#files = programs.map(({ code }, index) => {
      const file = `program-${index}.ts`;
      // `export {}` makes a module of one that imports nothing, for the compiler.
      writeFileSync(join(this.path, file), `${code}\nexport {};\n`);
      return file;
    });
    writeFileSync(join(this.path, "runner.ts"), runner);
    const compilerOptions = { types: ["node"], noUnusedLocals: false };
    const config = {
      extends: "../../../tsconfig.json",
      compilerOptions,
      include: ["program-*.ts"],
    };
    writeFileSync(join(this.path, "tsconfig.json"), JSON.stringify(config));
  }

  /** A file beside the programs. */
  add(name: string, text: string): void {
    writeFileSync(join(this.path, name), text);
  }

  /** What each of them printed, in their order. */
  async run(indices: readonly number[] = [...this.#files.keys()]): Promise<Ran[]> {
    const names = indices.map((index) => String(this.#files[index]));
    const args = ["--conditions=coppice-source", join(this.path, "runner.ts"), ...names];
    const { stdout } = await run(process.execPath, args, { timeout: 90_000, maxBuffer: MAX_BYTES });
    return JSON.parse(stdout) as Ran[];
  }

  /** What the compiler says of them; nothing when all is well. */
  async compile(): Promise<string> {
    const compiler = join(root, "node_modules", "typescript", "bin", "tsc");
    const args = [compiler, "--noEmit", "-p", this.path];
    return await run(process.execPath, args, { timeout: 90_000 }).then(
      ({ stdout }) => stdout,
      (error: { readonly stdout?: string }) => error.stdout || String(error),
    );
  }

  [Symbol.dispose](): void {
    rmSync(this.path, { recursive: true });
  }
}
