import { describe, expect, it } from "vitest";
import { Arbiter } from "../../src/authority/arbiter.ts";

function isDenied(pattern: string, cmd: string): boolean {
  const arbiter = new Arbiter({ grants: ["tool:*", { deny: "tool:t", where: { cmd: pattern } }] });
  const call = { callId: "k", tool: "t", input: { cmd } };
  return arbiter.tool(arbiter.root, call).status === "refused";
}

const rm = "cmd:rm *";
const del = "cmd:del *";

describe("a denied program is met", () => {
  it.each<readonly [string, string]>([
    // Behind an option, without a space.
    [rm, 'su root -c"rm x"'],
    [rm, 'script -qc"rm x" /dev/null'],
    [rm, "flock /tmp/l -c'rm x'"],
    [rm, 'env -S"rm x"'],
    [rm, "env -Srm x"],
    [rm, "env -S'rm\\_-rf\\_x'"],
    [rm, "env -S'rm\\t-rf\\tx'"],
    [del, 'cmd /c"del x"'],
    [del, "cmd /cdel x"],
    [del, "del/f/s/q x"],
    // In what is piped to whoever runs what it reads.
    ...["python3", "python3 -u -", "perl", "node", "ruby /dev/stdin", "tclsh", "parallel"].map(
      (program) => [rm, `echo eA== | base64 -d | ${program}`] as const,
    ),
    ...["bash.exe", "rbash", "mksh", "ksh93", "C:\\x\\powershell.exe -", ". /dev/stdin"].map(
      (program) => [rm, `echo eA== | base64 -d | ${program}`] as const,
    ),
    [rm, "echo eA== | base64 -d | (cd x; python3)"],
    [rm, "echo x | at now"],
    [rm, "echo x | su"],
    // In what is written otherwise.
    [rm, "powershell -enc cgBtAA=="],
    [rm, "pwsh -NoProfile -EncodedCommand cgBtAA=="],
    [rm, "%A:x=r%m y"],
    [rm, "%PATH:~0,1%m y"],
    [rm, "!A!m y"],
  ])("%s: %s", (pattern, command) => {
    expect(isDenied(pattern, command)).toBe(true);
  });

  it.each([
    'git commit -m"it works"',
    "ls -larm",
    "cat docker/rm/x",
    "python3 build.py | tee out.txt",
    "curl https://h/x | python3 -m json.tool",
    "cat x | node filter.js",
    "make || python3",
    "echo 'look at it' | wc -l",
    "find . -name x | wc -l",
    "powershell -ExecutionPolicy Bypass -File x.ps1",
    "date +%H:%M",
  ])("but not where it is not: %s", (command) => {
    expect(isDenied(rm, command)).toBe(false);
  });
});
