import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { chmod, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { text } from "node:stream/consumers";
import { fileURLToPath } from "node:url";
import { describe, expect, it } from "vitest";
import { signalGroup, spawnLeashed } from "../../src/processes/leashed-process.ts";
import { isAlive } from "../tools/fixture-toolbox.ts";
import { temporaryFolder } from "../tools/temporary-folder.ts";
import { runningProcesses } from "./running-processes.ts";

const env = { PATH: process.env.PATH ?? "" };
const fixture = (name: string): string =>
  fileURLToPath(new URL(`../fixtures/${name}`, import.meta.url));

describe("a leashed process that ignores the end of its input and SIGTERM, and its child", () => {
  it.each([
    ["the program that launched it is killed", "stays", "SIGKILL"],
    ["the thread that launched it is terminated", "thread", "SIGUSR2"],
  ] as const)("are gone when %s", async (_, where, signal) => {
    const file = join(await temporaryFolder(), "pids.json");
    const launcher = spawn(process.execPath, [fixture("processes/launches.ts"), file, where]);
    const group = await stubborn(file);
    expect(group).toHaveLength(3);
    launcher.kill(signal);
    await expect.poll(() => group.filter(isAlive)).toEqual([]);
    launcher.kill("SIGKILL");
  });

  it("are gone when the program that launched it had only just begun to", async () => {
    const file = join(await temporaryFolder(), "pids.json");
    const launcher = spawn(process.execPath, [fixture("processes/launches.ts"), file, "done"]);
    await once(launcher, "close");
    const left = () => runningProcesses().filter(({ command }) => command.includes(file));
    await expect.poll(left).toEqual([]);
  });

  it("die with their leash, which no signal but SIGKILL ends", async () => {
    const file = join(await temporaryFolder(), "pids.json");
    const args = [fixture("mcp/ignores-the-end.ts"), file];
    const stdio = ["pipe", "ignore", "ignore"] as const;
    const child = spawnLeashed(process.execPath, args, { env, stdio });
    const [program, other, leash] = (await stubborn(file)) as [number, number, number];
    for (const signal of ["SIGTERM", "SIGHUP", "SIGINT", "SIGUSR1"]) process.kill(leash, signal);
    child.stdin?.end();
    expect([program, other, leash].filter(isAlive)).toEqual([program, other, leash]);
    process.kill(leash, "SIGKILL");
    expect(await once(child, "exit")).toEqual([null, "SIGKILL"]);
    await expect.poll(() => [program, other, leash].filter(isAlive)).toEqual([]);
  });

  it("cannot reach their leash through their group, and it goes when they are gone", async () => {
    const file = join(await temporaryFolder(), "pids.json");
    const args = [fixture("mcp/ignores-the-end.ts"), file];
    const stdio = ["pipe", "ignore", "ignore"] as const;
    const child = spawnLeashed(process.execPath, args, { env, stdio });
    const [program, other, leash] = (await stubborn(file)) as [number, number, number];
    const groupOf = (wanted: number) => runningProcesses().find(({ pid }) => pid === wanted)?.group;
    expect([groupOf(program), groupOf(other)]).toEqual([program, program]);
    expect(groupOf(leash)).toBe(leash);
    process.kill(-program, "SIGKILL");
    expect(await once(child, "exit")).toEqual([null, "SIGKILL"]);
    await expect.poll(() => [program, other, leash].filter(isAlive)).toEqual([]);
  });
});

describe("a leashed process", () => {
  it("has the process id, the exit code and the signal of the program itself", async () => {
    const exits = shell('printf %s "$$"; exit 7');
    const [said, end] = await Promise.all([text(exits.stdout!), once(exits, "close")]);
    expect([Number(said), ...end]).toEqual([exits.pid, 7, null]);
    expect(await once(shell("kill -ALRM $$"), "close")).toEqual([null, "SIGALRM"]);
    const waits = shell("sleep 20");
    waits.kill("SIGUSR1");
    expect(await once(waits, "close")).toEqual([null, "SIGUSR1"]);
  });

  it("is signalled together with what it started", async () => {
    const child = shell('sleep 20 >/dev/null 2>&1 & echo "$!"; wait');
    const [line] = await once(child.stdout!, "data");
    signalGroup(child, "SIGTERM");
    expect(await once(child, "exit")).toEqual([null, "SIGTERM"]);
    await expect.poll(() => isAlive(Number(line))).toBe(false);
    signalGroup(child, "SIGTERM");
  });

  it("takes what it started with it when it ends by itself", async () => {
    const child = shell('sleep 20 >/dev/null 2>&1 & printf %s "$!"');
    const grandchild = Number(await text(child.stdout!));
    await expect.poll(() => [child.pid!, grandchild].filter(isAlive)).toEqual([]);
  });

  it("has no child that it did not start, and nothing open that it was not given", async () => {
    if (process.platform !== "linux") return;
    const script = [
      'const fs = require("fs")',
      'const own = fs.readFileSync("/proc/self/task/" + process.pid + "/children", "utf8")',
      'let open; try { fs.fstatSync(3); open = fs.readlinkSync("/proc/self/fd/3") } catch {}',
      'process.stdout.write(JSON.stringify([own, String(open).startsWith("socket:")]))',
    ];
    const args = ["-e", script.join(";\n")];
    const child = spawnLeashed(process.execPath, args, { env, stdio: ["pipe", "pipe", "pipe"] });
    expect(await text(child.stdout!)).toBe('["",false]');
  });

  it("has exactly the environment that it was given", async () => {
    const given = { A: "1", _b: "it's $A\n" };
    const print = ["-e", "process.stdout.write(JSON.stringify(process.env))"];
    const options = { env: given, stdio: ["pipe", "pipe", "pipe"] as const };
    const full = spawnLeashed(process.execPath, print, options);
    expect(JSON.parse(await text(full.stdout!))).toEqual(given);
    const none = spawnLeashed(process.execPath, print, { ...options, env: {} });
    expect(await text(none.stdout!)).toBe("{}");
    const odd = () => spawnLeashed("sh", [], { ...options, env: { ...env, "not-a-name": "1" } });
    expect(odd).toThrow(/"not-a-name" would be lost/);
  });

  it("gets its arguments as they are", async () => {
    const args = ["-e", "process.stdout.write(JSON.stringify(process.argv.slice(1)))", "--"];
    const odd = ["", "a b", "$HOME `id`", "'\"", "-x", "*\n"];
    const options = { env, stdio: ["pipe", "pipe", "pipe"] as const };
    const child = spawnLeashed(process.execPath, [...args, ...odd], options);
    expect(JSON.parse(await text(child.stdout!))).toEqual(odd);
  });

  it("can speak over a channel, whose end is noticed", async () => {
    const answer =
      "process.on('message', (word) => { process.send([word]); process.disconnect() })";
    const options = { env, stdio: ["ignore", "ignore", "inherit", "ipc"] as const };
    const child = spawnLeashed(process.execPath, ["-e", answer], options);
    const disconnected = once(child, "disconnect");
    child.send("a word");
    expect(await once(child, "message")).toEqual([["a word"], undefined]);
    await disconnected;
    expect(await once(child, "exit")).toEqual([0, null]);
  });
});

describe("a program that cannot be started", () => {
  it.each([
    ["does not exist", "no-such-program-7f3a", undefined, "ENOENT", /no such program/],
    ["is not at its path", "/no/such/program", undefined, "ENOENT", /no such program/],
    ["is a folder", "/usr", undefined, "ENOENT", /no such program/],
    ["has no folder to start in", "sh", "/no/such/place", "ENOENT", /no folder "\/no\/such/],
  ])("is told at once when it %s", (_, command, cwd, code, message) => {
    const start = () => spawnLeashed(command, [], { env, cwd, stdio: ["pipe", "pipe", "pipe"] });
    expect(start).toThrow(
      expect.objectContaining({ code, message: expect.stringMatching(message) }),
    );
  });

  it("is told when it may not be executed", async () => {
    const cwd = await temporaryFolder();
    await writeFile(join(cwd, "text"), "words");
    await chmod(join(cwd, "text"), 0o644);
    const start = () => spawnLeashed("./text", [], { env, cwd, stdio: ["pipe", "pipe", "pipe"] });
    expect(start).toThrow(expect.objectContaining({ code: "EACCES" }));
  });

  it("is found in its folder when its path is relative", async () => {
    const cwd = await temporaryFolder();
    await writeFile(join(cwd, "own"), "#!/bin/sh\nprintf here\n", { mode: 0o755 });
    const child = spawnLeashed("./own", [], { env, cwd, stdio: ["pipe", "pipe", "pipe"] });
    expect(await text(child.stdout!)).toBe("here");
  });
});

function shell(script: string): ChildProcess {
  return spawnLeashed("sh", ["-c", script], { env, stdio: ["pipe", "pipe", "pipe"] });
}

/** The stubborn program, its child, and the leash of both. */
async function stubborn(file: string): Promise<number[]> {
  const read = () => readFile(file, "utf8").catch(() => "");
  await expect.poll(read).toMatch(/\]$/);
  const [program, child] = JSON.parse(await read()) as [number, number];
  const isLeash = ({ command }: { command: string }) => command.endsWith(`leash ${program} `);
  return [
    program,
    child,
    ...runningProcesses()
      .filter(isLeash)
      .map(({ pid }) => pid),
  ];
}
