import * as fs from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { init } from "../../../src/cli/init.ts";
import { UsageError } from "../../../src/cli/usage-error.ts";
import { temporaryFolder } from "../../fixtures/temporary-folder.ts";
import { program } from "../program-run.ts";

const starter = new URL("../../../examples/starter/", import.meta.url);
const FILES = [
  ".gitignore",
  "count-words.ts",
  "counter.ts",
  "package.json",
  "swarm.test.ts",
  "swarm.ts",
  "tsconfig.json",
];
const broken = "--import=./test/fixtures/cli/broken-disk.ts";
/** Whose rights are those of everybody. */
const nobody = process.getuid?.() === 0 ? { uid: 65_534, gid: 65_534 } : {};

const into = (folder: string): string => init({ type: "init", folder });
const read = (...path: string[]): string => fs.readFileSync(join(...path), "utf8");
const list = (folder: string): string[] => fs.readdirSync(folder).sort();

describe("coppice init", () => {
  it("writes the files of examples/starter, all of them, and says what to do next", async () => {
    const root = temporaryFolder();
    const { code, stdout, stderr } = await program(["init", "my-swarm"], { cwd: root });
    expect({ code, stderr }).toEqual({ code: 0, stderr: "" });
    expect(stdout.split("\n\n").at(-1)).toBe("  cd my-swarm\n  npm install\n  npm start\n");
    const folder = join(root, "my-swarm");
    expect(list(folder)).toEqual(FILES);
    const templates = list(starter.pathname);
    const named = (name: string) => name.replace("_git", ".git").replace("_", "");
    expect(templates.map(named).sort()).toEqual(FILES);
    for (const name of templates.filter((one) => one !== "_package.json")) {
      expect(read(folder, named(name))).toBe(read(starter.pathname, name));
    }
  });

  it("refuses a folder in node_modules, where Node would run none of it", () => {
    const folder = join(temporaryFolder(), "node_modules", "my-swarm");
    expect(() => into(folder)).toThrow("Node runs no TypeScript in node_modules");
    expect(fs.existsSync(folder)).toBe(false);
  });

  it("names the package after the folder, and the version that runs", () => {
    const folder = join(temporaryFolder(), "My Swarm");
    into(folder);
    const own = JSON.parse(read("package.json"));
    const template = JSON.parse(read(starter.pathname, "_package.json"));
    const dependencies = { coppice: `^${own.version}` };
    const manifest = JSON.parse(read(folder, "package.json"));
    expect(manifest).toEqual({ ...template, name: "my-swarm", dependencies });
    // What its types are checked with is what ours are.
    expect(own.devDependencies).toMatchObject(manifest.devDependencies);
    expect(own.engines).toEqual(manifest.engines);
  });

  it("makes it in the folder that one is in, and needs no `cd` then", async () => {
    const root = temporaryFolder();
    const { stdout } = await program(["init"], { cwd: root });
    expect(stdout).toContain("Next:\n\n  npm install\n  npm start\n  npm test\n");
    expect(list(root)).toEqual(FILES);
  });

  it("makes the folders above it, and goes through a link", () => {
    const root = temporaryFolder();
    into(join(root, "a", "b", "c"));
    expect(list(join(root, "a", "b", "c"))).toEqual(FILES);
    expect(list(join(root, "a", "b"))).toEqual(["c"]);
    fs.mkdirSync(join(root, "real"));
    fs.symlinkSync(join(root, "real"), join(root, "link"));
    into(join(root, "link"));
    expect(list(join(root, "real"))).toEqual(FILES);
  });

  it.each([
    ["my swarm", "cd 'my swarm'"],
    ["it's $HOME", "cd 'it'\\''s $HOME'"],
    ["~", "cd '~'"],
    ["a/b", "cd a/b"],
    ["-x", "cd ./-x"],
  ])("writes the way to %j so that it can be pasted", async (name, line) => {
    const root = temporaryFolder();
    const { code, stdout } = await program(["init", "--", name], { cwd: root });
    expect(code).toBe(0);
    expect(stdout).toContain(`  ${line}\n`);
  });

  it("can be used where a repository was just begun", () => {
    const root = temporaryFolder();
    fs.mkdirSync(join(root, ".git"));
    for (const name of ["README.md", "LICENSE"]) fs.writeFileSync(join(root, name), "mine");
    into(root);
    expect(list(root)).toEqual([".git", "LICENSE", "README.md", ...FILES].sort());
    expect(read(root, "README.md")).toBe("mine");
  });
});

describe("what is there already", () => {
  it.each([...FILES, "notes.txt", "node_modules"])("is kept, and %s is named", async (name) => {
    const root = temporaryFolder();
    fs.writeFileSync(join(root, name), "mine");
    const { code, stdout, stderr } = await program(["init", "."], { cwd: root });
    expect({ code, stdout }).toEqual({ code: 2, stdout: "" });
    expect(stderr).toBe(
      `coppice: ${name} is in the way: init writes into new and empty folders only, and ` +
        "overwrites nothing. Name a new folder: coppice init my-swarm.\n",
    );
    expect(list(root)).toEqual([name]);
    expect(read(root, name)).toBe("mine");
  });

  it("is named by its path, also when it is the swarm that was made before", () => {
    const folder = join(temporaryFolder(), "my-swarm");
    into(folder);
    expect(() => into(folder)).toThrow(`${join(folder, "package.json")} is in the way`);
  });

  it("is not followed where it is a link that leads nowhere", () => {
    const root = temporaryFolder();
    fs.symlinkSync(join(root, "nowhere"), join(root, "swarm.ts"));
    expect(() => into(root)).toThrow("swarm.ts is in the way");
    expect(list(root)).toEqual(["swarm.ts"]);
  });

  it.each([
    ["file", "a file is where a folder should be"],
    ["file/below", "a file is where a folder should be"],
    ["dangling", "a link that leads nowhere is there already"],
    ["circle", "links lead round in a circle"],
    [`new/${"n".repeat(300)}`, "the name is too long"],
    ["/proc/swarm", "no folder can be made there"],
    ["a\u001b[2Jb", /^A folder needs a name that can be read: \S+ab\.$/],
    ["two\nlines", /^A folder needs a name that can be read: \S+two lines\.$/],
  ])("and is no place for a swarm, as %j, is left alone", (name, told) => {
    const root = temporaryFolder();
    fs.writeFileSync(join(root, "file"), "mine");
    fs.symlinkSync(join(root, "nowhere"), join(root, "dangling"));
    fs.symlinkSync(join(root, "circle"), join(root, "circle"));
    const before = list(root);
    const folder = name.startsWith("/") ? name : join(root, name);
    expect(() => into(folder)).toThrow(UsageError);
    expect(() => into(folder)).toThrow(told);
    expect(list(root)).toEqual(before);
  });

  it("may belong to somebody else", async () => {
    const root = temporaryFolder();
    fs.chmodSync(root, 0o555);
    for (const folder of [root, join(root, "new")]) {
      const { code, stderr } = await program(["init", folder], nobody);
      expect({ code, stderr }).toEqual({
        code: 2,
        stderr:
          `coppice: No swarm can be made in ${folder}: you may not write there (EACCES). ` +
          "Name another folder.\n",
      });
    }
    expect(list(root)).toEqual([]);
  });
});

describe("what goes wrong half way", () => {
  const run = (folder: string, what: string) =>
    program(["init", folder], { nodeArgs: [broken], env: { AT_SECOND_FILE: what } });

  it("leaves nothing of a new folder, nor of those above it", async () => {
    const root = temporaryFolder();
    const { code, stderr } = await run(join(root, "a", "b"), "ENOSPC");
    expect(code).toBe(2);
    expect(stderr).toContain("the disk is full (ENOSPC)");
    expect(list(root)).toEqual([]);
  });

  it("leaves a folder that was there as it was", async () => {
    const root = temporaryFolder();
    fs.writeFileSync(join(root, "README.md"), "mine");
    expect(await run(root, "ENOSPC")).toMatchObject({ code: 2 });
    expect(list(root)).toEqual(["README.md"]);
    expect(read(root, "README.md")).toBe("mine");
  });

  it("takes nothing back that somebody else has written meanwhile", async () => {
    const root = temporaryFolder();
    const { code, stderr } = await run(root, "EEXIST");
    expect(code).toBe(2);
    expect(stderr).toContain(".gitignore is in the way");
    expect(list(root)).toEqual([".gitignore"]);
    expect(read(root, ".gitignore")).toBe("theirs");
  });

  it("is done all the same when somebody interrupts it", async () => {
    const folder = join(temporaryFolder(), "my-swarm");
    expect(await run(folder, "SIGINT")).toMatchObject({ code: 0, signal: null });
    expect(list(folder)).toEqual(FILES);
  });

  it("keeps nobody from beginning again when the program is killed", async () => {
    const root = temporaryFolder();
    const folder = join(root, "my-swarm");
    expect(await run(folder, "SIGKILL")).toMatchObject({ signal: "SIGKILL" });
    expect(fs.existsSync(folder)).toBe(false);
    into(folder);
    expect(list(folder)).toEqual(FILES);
  });
});

describe("the command line of init", () => {
  it.each([
    [["init", ""], "The folder has no name: coppice init DIR."],
    [["init", "a", "b"], 'One folder at a time: "b" is one too many; quote a name with spaces.'],
    [["init", "--json"], "--json is for `coppice run`, not init."],
    [["init", "--force", "a"], "There is no option --force"],
    [["inti", "a"], "did you mean `coppice init`?"],
  ])("%j is refused with what to do", async (args, told) => {
    const root = temporaryFolder();
    const { code, stderr } = await program(args, { cwd: root });
    expect(stderr).toContain(told);
    expect(code).toBe(2);
    expect(list(root)).toEqual([]);
  });

  it("is told by --help, before anything is made", async () => {
    const root = temporaryFolder();
    const all = await program(["--help"], { cwd: root });
    expect(all.stdout).toContain("coppice init [DIR]");
    const own = await program(["init", "--help", "my-swarm"], { cwd: root });
    expect(own.stdout).toContain("which must be\n  empty");
    expect(list(root)).toEqual([]);
  });
});
