import { mkdirSync, mkdtempSync, realpathSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, relative } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { Arbiter } from "../../src/authority/arbiter.ts";
import type { Json } from "../../src/index.ts";
import type { Grant } from "../../src/wire/spec.ts";

/** `<root>/docs` may be read; `<root>/secret` lies beside it, and `<root>/alias` leads to docs. */
let root = "";

beforeAll(() => {
  root = realpathSync(mkdtempSync(join(tmpdir(), "coppice-where-")));
  for (const folder of ["docs/deep/er", "docs/private", "secret", "docs-evil"]) {
    mkdirSync(join(root, folder), { recursive: true });
  }
  for (const file of ["docs/a.txt", "docs/deep/b.md", "docs/private/key", "secret/key"]) {
    writeFileSync(join(root, file), file);
  }
  symlinkSync(join(root, "secret"), join(root, "docs/out"));
  symlinkSync("../secret/key", join(root, "docs/out-file"));
  symlinkSync("../secret/later", join(root, "docs/out-later"));
  symlinkSync("../../secret", join(root, "docs/deep/up"));
  symlinkSync("deep", join(root, "docs/in"));
  symlinkSync("a.txt", join(root, "docs/in-file"));
  symlinkSync("loop", join(root, "docs/loop"));
  symlinkSync("out", join(root, "docs/chain"));
  symlinkSync(join(root, "docs"), join(root, "alias"));
  symlinkSync("/", join(root, "docs/rootfs"));
});
afterAll(() => rmSync(root, { recursive: true }));

/** What the tool would be given, or why it is not called. */
function read(grants: readonly Grant[], input: Json): Json | string {
  const standing = new Arbiter({ grants });
  const verdict = standing.tool(standing.root, { callId: "k", tool: "read", input });
  if (verdict.status === "granted") return verdict.input ?? input;
  return verdict.status === "refused" ? verdict.error.message : verdict.status;
}

const isGranted = (answer: Json): boolean => typeof answer === "object";
const allow = (path: string | readonly string[]): Grant => ({
  allow: "tool:read",
  where: { path },
});
const at = (path: string): string => path.replaceAll("ROOT", root);

describe("path: refuses", () => {
  it.each([
    ["a file beside", "ROOT/secret/key"],
    ["a folder that begins alike", "ROOT/docs-evil/x"],
    ["the folder above", "ROOT"],
    ["the root", "/"],
    ["..", "ROOT/docs/../secret/key"],
    [".. at the end", "ROOT/docs/.."],
    [".. more often than there are folders", "ROOT/docs/../../../../../../../../etc/passwd"],
    [".. with doubled slashes", "ROOT/docs//..//secret///key"],
    [".. with dots between", "ROOT/docs/./.././secret/key"],
    [".. out of a folder that is not there", "ROOT/docs/none/../../secret/key"],
    [".. over several that are not there", "ROOT/docs/n/o/n/e/../../../../../secret/key"],
    ["a link to a folder outside", "ROOT/docs/out/key"],
    ["a link to a file outside", "ROOT/docs/out-file"],
    ["a link to what does not exist yet outside", "ROOT/docs/out-later"],
    ["a new file behind a link", "ROOT/docs/out/new.txt"],
    ["new folders behind a link", "ROOT/docs/out/x/y/new.txt"],
    ["a relative link", "ROOT/docs/deep/up/key"],
    ["a link to a link", "ROOT/docs/chain/key"],
    [".. after a link, as the system reads it", "ROOT/docs/out/../secret/key"],
    ["a link to the root", "ROOT/docs/rootfs/etc/passwd"],
    ["a link that leads to itself", "ROOT/docs/loop/x"],
    ["the root of this process", "/proc/self/root/etc/passwd"],
    ["the folder of this process", "/proc/self/cwd/package.json"],
    ["a file taken for a folder", "ROOT/docs/a.txt/b"],
    [".. out of a file", "ROOT/docs/a.txt/../deep/b.md"],
    ["a NUL", "ROOT/docs/a.txt\0.png"],
    ["a line end", "ROOT/docs/a.txt\n"],
    ["a carriage return", "ROOT/docs/\ra.txt"],
    ["an escape", "ROOT/docs/\u001b[2Ka.txt"],
    ["text that runs backwards", "ROOT/docs/\u202etxt.a"],
    ["the home folder", "~/docs/a.txt"],
    ["somebody's home folder", "~root/.ssh/id_rsa"],
    ["a file URL", "file:///etc/passwd"],
    ["a file URL of what is allowed", "file://ROOT/docs/a.txt"],
    ["a scheme", "http://ROOT/docs/a.txt"],
    ["encoded dots", "ROOT/docs/%2e%2e/secret/key"],
    ["an encoded slash", "ROOT/docs/..%2fsecret/key"],
    ["a NUL, encoded", "ROOT/docs/a.txt%00"],
    ["dots encoded twice", "ROOT/docs/%252e%252e/secret"],
    ["backslashes", "ROOT/docs\\..\\secret\\key"],
    ["a drive", "C:/srv/docs/a.txt"],
    ["a drive and backslashes", "C:\\srv\\docs\\a.txt"],
    ["a share", "\\\\server\\docs\\a.txt"],
    ["a share with slashes", "//server/docs/a.txt"],
    ["a device", "\\\\?\\C:\\docs"],
    ["a dot at the end", "ROOT/docs/a.txt."],
    ["dots at the end of a folder", "ROOT/docs.../a.txt"],
    ["three dots", "ROOT/docs/.../a.txt"],
    ["a space at the end", "ROOT/docs/a.txt "],
    ["a space before", " ROOT/docs/a.txt"],
    ["a space after dots", "ROOT/docs/.. /secret/key"],
    ["another kind of space at the end", "ROOT/docs/a.txt\u00a0"],
    ["dots of full width", "ROOT/docs/\uff0e\uff0e/secret/key"],
    ["a slash of full width", "ROOT/docs/..\uff0fsecret"],
    ["two dots in one letter", "ROOT/docs/\u2025/secret"],
    ["half of a letter", "ROOT/docs/\ud800"],
    ["letters of the other case", "ROOT/DOCS/../secret/key"],
    ["nothing", ""],
    ["a relative path", "docs/a.txt"],
    ["too many names", `ROOT/docs${"/deep/..".repeat(300)}/a.txt`],
    ["too many letters", `ROOT/docs/${"x".repeat(5_000)}`],
  ])("%s", (_, path) => {
    expect(isGranted(read([allow(at("path:ROOT/docs/**"))], { path: at(path) }))).toBe(false);
  });

  it.each([
    ["no path at all", {}],
    ["undefined", { path: undefined }],
    ["another letter case of the argument", { Path: "ROOT/docs/a.txt" }],
    ["null", { path: null }],
    ["a number", { path: 5 }],
    ["an object", { path: { path: "ROOT/docs/a.txt" } }],
    ["an empty list", { path: [] }],
    ["a list with one outside", { path: ["ROOT/docs/a.txt", "ROOT/secret/key"] }],
    ["a list in a list", { path: [["ROOT/docs/a.txt"]] }],
    ["a longer list than is looked at", { path: Array(101).fill("ROOT/docs/a.txt") }],
    ["an input that is only the path", "ROOT/docs/a.txt"],
    ["an input that is a list", ["ROOT/docs/a.txt"]],
    ["no input", null],
  ] as [string, Json][])("%s", (_, input) => {
    const given = JSON.parse(JSON.stringify(input).replaceAll("ROOT", root)) as Json;
    const answer = read([allow(at("path:ROOT/docs/**"))], given);
    expect(answer).toContain("may not use");
  });
});

describe("path: lets pass, and gives the tool the real path", () => {
  it.each([
    ["a file", "ROOT/docs/a.txt", "ROOT/docs/a.txt"],
    ["the folder itself", "ROOT/docs", "ROOT/docs"],
    ["the folder with a slash", "ROOT/docs/", "ROOT/docs"],
    ["a file further down", "ROOT/docs/deep/b.md", "ROOT/docs/deep/b.md"],
    ["a file that does not exist yet", "ROOT/docs/new.txt", "ROOT/docs/new.txt"],
    ["folders that do not exist yet", "ROOT/docs/x/y/z.txt", "ROOT/docs/x/y/z.txt"],
    [".. that stays inside", "ROOT/docs/deep/../a.txt", "ROOT/docs/a.txt"],
    [".. that comes back", "ROOT/docs/../docs/a.txt", "ROOT/docs/a.txt"],
    [".. out of a new folder", "ROOT/docs/new/../a.txt", "ROOT/docs/a.txt"],
    ["dots and doubled slashes", "ROOT/./docs//./a.txt", "ROOT/docs/a.txt"],
    ["a link inside", "ROOT/docs/in/b.md", "ROOT/docs/deep/b.md"],
    ["a link to a file inside", "ROOT/docs/in-file", "ROOT/docs/a.txt"],
    ["a link that leads in", "ROOT/alias/a.txt", "ROOT/docs/a.txt"],
    ["a name with spaces", "ROOT/docs/my file.txt", "ROOT/docs/my file.txt"],
    ["a name with a dot before", "ROOT/docs/.env", "ROOT/docs/.env"],
    ["a name with two dots in it", "ROOT/docs/a..b", "ROOT/docs/a..b"],
    ["a name of other letters", "ROOT/docs/Übung\u2026.txt", "ROOT/docs/Übung\u2026.txt"],
    ["a name with a tilde at its end", "ROOT/docs/a.txt~", "ROOT/docs/a.txt~"],
    ["a name with brackets", "ROOT/docs/[id].tsx", "ROOT/docs/[id].tsx"],
    ["a name with a per cent", "ROOT/docs/100%.txt", "ROOT/docs/100%.txt"],
  ])("%s", (_, path, real) => {
    const answer = read([allow(at("path:ROOT/docs/**"))], { path: at(path), mode: "r" });
    expect(answer).toEqual({ path: at(real), mode: "r" });
  });

  it("each element of a list", () => {
    const path = [at("ROOT/docs/in-file"), at("ROOT/alias/deep")];
    const real = [at("ROOT/docs/a.txt"), at("ROOT/docs/deep")];
    expect(read([allow(at("path:ROOT/docs/**"))], { path })).toEqual({ path: real });
  });

  it("a path below the working folder", () => {
    const here = relative(process.cwd(), at("ROOT/docs/a.txt"));
    expect(read([allow(at("path:ROOT/docs/**"))], { path: here })).toEqual({
      path: at("ROOT/docs/a.txt"),
    });
    expect(read([allow("path:./test/**")], { path: "test/../test/tidy" })).toEqual({
      path: `${realpathSync(process.cwd())}/test/tidy`,
    });
  });
});

describe("path: patterns", () => {
  it.each([
    ["path:ROOT/docs/*", "ROOT/docs/a.txt", true],
    ["path:ROOT/docs/*", "ROOT/docs", false],
    ["path:ROOT/docs/*", "ROOT/docs/deep/b.md", false],
    ["path:ROOT/docs/*.txt", "ROOT/docs/a.txt", true],
    ["path:ROOT/docs/*.txt", "ROOT/docs/deep/b.txt", false],
    ["path:ROOT/docs/**/*.md", "ROOT/docs/deep/b.md", true],
    ["path:ROOT/docs/**/*.md", "ROOT/docs/c.md", true],
    ["path:ROOT/docs/**/*.md", "ROOT/docs/a.txt", false],
    ["path:ROOT/*/a.txt", "ROOT/docs/a.txt", true],
    ["path:ROOT/*/a.txt", "ROOT/docs/deep/a.txt", false],
    ["path:ROOT/docs/a.txt", "ROOT/docs/a.txt", true],
    ["path:ROOT/docs/a.txt", "ROOT/docs/a.txt.bak", false],
    ["path:ROOT/docs", "ROOT/docs/a.txt", false],
    ["path:ROOT/docs/../docs/**", "ROOT/docs/a.txt", true],
    ["path:ROOT/alias/**", "ROOT/docs/a.txt", true],
    ["path:ROOT/alias/**", "ROOT/alias/a.txt", true],
    ["path:/**", "/etc/passwd", true],
    ["path:/**", "/", true],
  ])("%s on %s: %s", (pattern, path, granted) => {
    expect(isGranted(read([allow(at(pattern))], { path: at(path) }))).toBe(granted);
  });

  it.each([
    "path:",
    "path:docs/**",
    "path:**",
    "path:~/docs/**",
    "path:/srv/docs**",
    "path:/srv/**/../x",
    "path:/srv/{a,b}",
    "path:/srv/a?",
    "path:C:/docs/**",
    "path:/srv\\docs",
    "path:/srv/%2e%2e/**",
    "/srv/docs/*",
    "~/docs/*",
  ])("%s is refused when it is granted", (pattern) => {
    expect(() => read([allow(pattern)], {})).toThrow(/where\.path/);
  });

  it("that name the same folder by a link deny it by its real name", () => {
    const deny: Grant = { deny: "tool:*", where: { path: at("path:ROOT/alias/**") } };
    expect(read(["tool:*", deny], { path: at("ROOT/docs/a.txt") })).toContain("denies");
  });
});
