import { spawn } from "node:child_process";
import { once } from "node:events";
import { fileURLToPath } from "node:url";
import { describe, expect, it } from "vitest";
import { runningProcesses, treeOf } from "../../processes/running-processes.ts";

const file = (name: string): string => fileURLToPath(new URL(`../../${name}`, import.meta.url));
const everything = "../node_modules/@modelcontextprotocol/server-everything/dist/index.js";

describe.runIf(process.platform === "linux")("a supervisor's process", () => {
  it.each(["SIGKILL", "SIGTERM"] as const)(
    "leaves no process behind when it is ended by %s at work",
    async (signal) => {
      const program = spawn(
        process.execPath,
        [
          "--conditions=coppice-source",
          file("fixtures/supervisor/orphans-program.ts"),
          file("fixtures/mcp/stubborn-server.ts"),
          file(everything),
        ],
        { stdio: ["ignore", "pipe", "inherit"], timeout: 90_000, killSignal: "SIGKILL" },
      );
      let said = "";
      program.stdout.on("data", (chunk) => {
        said += String(chunk);
      });
      await expect.poll(() => said).toBe("at work\n");
      const tree = treeOf(program.pid ?? 0);
      expect(tree[0]?.pid).toBe(program.pid);
      const commands = tree.slice(1).map(({ command }) => command);
      // A server and its child, the other server, an agent's process; and one leash for each group.
      expect(commands.filter((line) => line.includes("stubborn-server"))).toHaveLength(2);
      expect(commands.filter((line) => line.includes("server-everything"))).toHaveLength(1);
      expect(commands.filter((line) => line.includes("workers/process"))).toHaveLength(1);
      expect(commands.filter((line) => / leash \d+ $/.test(line))).toHaveLength(3);
      const exited = once(program, "exit");
      program.kill(signal);
      await exited;
      const left = () =>
        runningProcesses().filter(({ pid }) => tree.some((one) => one.pid === pid));
      await expect.poll(left, { interval: 50 }).toEqual([]);
    },
  );
});
