import { spawn } from "node:child_process";
import { once } from "node:events";
import { describe, expect, it } from "vitest";
import { endless, startMessagesServer } from "../../fixtures/messages-server.ts";

const file = (name: string): string => new URL(`../../fixtures/${name}`, import.meta.url).pathname;

describe("a program that has stopped its supervisor", () => {
  it("ends by itself: no handle, thread or child process is left", async () => {
    await using server = await startMessagesServer({ reply: () => endless() });
    const args = [
      "--conditions=coppice-source",
      file("supervisor/program.ts"),
      server.url,
      file("mcp/tiny-server.ts"),
    ];
    const program = spawn(process.execPath, args, {
      env: { ...process.env, ANTHROPIC_API_KEY: "sk-ant-test" },
      stdio: ["ignore", "pipe", "pipe"],
      timeout: 60_000,
      killSignal: "SIGKILL",
    });
    let said = "";
    program.stdout.on("data", (chunk) => {
      said += String(chunk);
    });
    program.stderr.on("data", (chunk) => {
      said += String(chunk);
    });
    const exited = once(program, "close");
    await expect.poll(() => said).toContain("stopped\n");
    const stoppedAt = performance.now();
    expect(await exited).toEqual([0, null]);
    expect(performance.now() - stoppedAt).toBeLessThan(10_000);
    expect(said).toMatch(/^mcp "\d+"\nAGENT_STOPPED\nstopped\n$/);
    const pid = Number(/\d+/.exec(said)?.[0]);
    expect(() => process.kill(pid, 0)).toThrow("ESRCH");
    expect(await server.requests[0]!.closed).toBe("cut");
  });
});
