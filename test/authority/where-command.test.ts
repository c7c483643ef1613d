import { describe, expect, it } from "vitest";
import { Arbiter } from "../../src/authority/arbiter.ts";
import type { Grant } from "../../src/wire/spec.ts";

/** The command that the tool would be given, or undefined when it is not called. */
function run(grants: readonly Grant[], command: unknown): unknown {
  const arbiter = new Arbiter({ grants });
  const input = { command: command as string };
  const verdict = arbiter.tool(arbiter.root, { callId: "k", tool: "shell", input });
  if (verdict.status !== "granted") return undefined;
  return ((verdict.input ?? input) as { command: unknown }).command;
}

const allow = (...command: string[]): Grant => ({ allow: "tool:shell", where: { command } });

describe("cmd: refuses", () => {
  const grants = [allow("cmd:git status", "cmd:git log *", "cmd:npm test")];
  it.each([
    ["another program", "rm -rf /"],
    ["a program that only begins alike", "git-evil status"],
    ["another subcommand", "git push"],
    ["a word more", "git status x"],
    ["a word less", "git"],
    ["letters of the other case", "Git status"],
    ["the program by its path", "/usr/bin/git status"],
    ["the program of this folder", "./git status"],
    ["a second command after ;", "npm test; rm -rf /"],
    ["a second command after &&", "npm test && rm -rf /"],
    ["a second command after ||", "npm test || rm -rf /"],
    ["a second command after &", "npm test & rm -rf /"],
    ["a second command after |", "git log x | sh"],
    ["a second command after |&", "git log x |& sh"],
    ["an operator without spaces", "git log x;rm"],
    ["a second line", "npm test\nrm -rf /"],
    ["a second line of another kind", "npm test\rrm -rf /"],
    ["a second line, only seen by some", "git log x\u2028rm"],
    ["a NUL", "git log x\0y"],
    ["a tab", "git\tstatus"],
    ["a space of another kind", "git\u00a0status"],
    ["a space of no width", "git log x\u200by"],
    ["$()", "git log $(rm -rf /)"],
    ["backticks", "git log `rm -rf /`"],
    ["<()", "git log <(rm)"],
    ["a redirection out", "git log x > /etc/passwd"],
    ["a redirection in", "git log < /etc/passwd"],
    ["a redirection without spaces", "git log x>y"],
    ["a here-document", "git log <<EOF"],
    ["a variable", "git log $HOME"],
    ["a variable in braces", `git log $${"{IFS}"}x`],
    ["spaces made by a variable", "git$IFS$9status"],
    ["a variable of another shell", "git log %PATH%"],
    ["double quotes", 'git log "x"'],
    ["single quotes", "git log 'x'"],
    ["a quote within a word", "git log x'y'z"],
    ["an open quote", "git log 'x"],
    ["quotes with escapes", "git log $'\\n'"],
    ["a backslash", "git log x\\ y"],
    ["a line that goes on", "git log \\\nx"],
    ["*", "git log *"],
    ["?", "git log a?"],
    ["[]", "git log [ab]"],
    ["{}", "git log {a,b}"],
    ["!", "git log !x"],
    ["a comment", "git status # x"],
    ["a home folder", "git log ~/x"],
    ["a home folder after =", "git log x=~/y"],
    ["a home folder after :", "git log x:~/y"],
    ["^", "git log HEAD^"],
    ["a path to a program", "git log =ls"],
    ["an assignment before it", "PATH=/tmp git status"],
    ["a subshell", "(git status)"],
    ["a semicolon of full width", "git log x\uff1brm"],
    ["an option that runs something", "git -c core.pager=sh log x"],
    ["an option after the words", "git log x --output=/etc/passwd"],
    ["a short option", "git log -p"],
    ["--", "git log -- x"],
    ["an option by a dash alone", "git log -"],
    ["nothing", ""],
    ["spaces", "   "],
    ["no text", 5],
    ["a list of words", ["git", "log", "x"]],
    ["a longer command than is read", `git log ${"x".repeat(9_000)}`],
  ])("%s", (_, command) => {
    expect(run(grants, command)).toBeUndefined();
  });

  it.each([
    "git clone --upload-pack=/tmp/x repo",
    "git clone -u/tmp/x repo",
    "ssh -oProxyCommand=/tmp/x host",
    "find . -exec rm",
    "tar cf a --checkpoint-action=exec=x",
    "npm run x --script-shell=/tmp/x",
  ])("the option that executes in %s", (command) => {
    const programs = ["cmd:git clone *", "cmd:ssh *", "cmd:find *", "cmd:tar *", "cmd:npm run *"];
    expect(run([allow(...programs)], command)).toBeUndefined();
  });

  it("whatever it cannot read where a command is denied", () => {
    const grants: Grant[] = [
      "tool:*",
      { deny: "tool:shell", where: { command: "cmd:git push *" } },
    ];
    const hidden = [
      "git push x",
      "git  push",
      "git push;",
      "A=1 git push",
      "g'i't push",
      "git\npush",
    ];
    for (const command of hidden) {
      expect([command, run(grants, command)]).toEqual([command, undefined]);
    }
    expect(run(grants, "git pull x")).toBe("git pull x");
  });
});

describe("cmd: lets pass", () => {
  it.each([
    ["cmd:git status", "git status", "git status"],
    ["cmd:git status", "  git   status ", "git status"],
    ["cmd:git log *", "git log", "git log"],
    ["cmd:git log *", "git log main..topic src/a.ts", "git log main..topic src/a.ts"],
    ["cmd:git log *", "git log HEAD~3", "git log HEAD~3"],
    ["cmd:git log *", "git log a@b.c:d+e,f%20", "git log a@b.c:d+e,f%20"],
    ["cmd:git log -*", "git log --oneline -n5", "git log --oneline -n5"],
    ["cmd:git log -* *", "git log x --oneline y", "git log x --oneline y"],
    ["cmd:git log * -*", "git log x --oneline y", "git log x --oneline y"],
    ["cmd:git log --oneline *", "git log --oneline x", "git log --oneline x"],
    ["cmd:git * show", "git x show", "git x show"],
    ["cmd:npm run test:*", "npm run test:unit", "npm run test:unit"],
    ["cmd:npm run --*=x", "npm run --a=x", "npm run --a=x"],
    ["cmd:ls *", "ls \u00dcbung/\u65e5\u672c", "ls \u00dcbung/\u65e5\u672c"],
    ["cmd:make *", "make CFLAGS=-O2", "make CFLAGS=-O2"],
  ])("%s: %s", (pattern, command, given) => {
    expect(run([allow(pattern)], command)).toBe(given);
  });

  it.each([
    ["cmd:git log -*", "git log x"],
    ["cmd:git * show", "git show"],
    ["cmd:git * show", "git -C show"],
    ["cmd:git * show", "git a b show"],
    ["cmd:npm run *:unit", "npm run -x:unit"],
    ["cmd:git log --oneline *", "git log --oneline -p"],
  ])("but not %s: %s", (pattern, command) => {
    expect(run([allow(pattern)], command)).toBeUndefined();
  });

  it.each(["cmd:", "cmd:*", "cmd:g* status", "cmd:a | b", "cmd:a 'b'", "cmd:a **", "cmd:a b**"])(
    "%s is refused when it is granted",
    (pattern) => {
      expect(() => run([allow(pattern)], "")).toThrow(/where\.command/);
    },
  );
});
