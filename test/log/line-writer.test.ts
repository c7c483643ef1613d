import { logTo, Supervisor } from "coppice";
import { scripted } from "coppice/testing";
import { afterEach, describe, expect, it, vi } from "vitest";
import { LineWriter } from "../../src/log/line-writer.ts";

const warned = vi.spyOn(process, "emitWarning").mockImplementation(() => undefined);
afterEach(() => warned.mockClear());

const turn = () => new Promise((next) => setImmediate(next));

describe("whoever writes lines", () => {
  it("gets them at once, in their order", () => {
    const lines: string[] = [];
    const writer = new LineWriter((line) => lines.push(line));
    for (const line of ["a", "b"]) writer.line(line);
    expect(lines).toEqual(["a", "b"]);
  });

  it("is waited for when it is slow, and told what there was no room for", async () => {
    const lines: string[] = [];
    const waiting: (() => void)[] = [];
    const writer = new LineWriter((line) => {
      lines.push(line);
      return new Promise<void>((resolve) => waiting.push(resolve));
    });
    for (let at = 0; at < 1_005; at += 1) writer.line(String(at));
    expect(lines).toEqual(["0"]);
    while (waiting.length > 0) {
      waiting.shift()?.();
      await turn();
    }
    const all = Array.from({ length: 1_001 }, (_, at) => String(at));
    expect(lines).toEqual([...all, "(4 lines left out)"]);
    writer.line("later");
    expect(lines.at(-1)).toBe("later");
  });

  it("may never come back: what waits is bounded", () => {
    const lines: string[] = [];
    const writer = new LineWriter((line) => {
      lines.push(line);
      return new Promise(() => undefined);
    });
    for (let at = 0; at < 100_000; at += 1) writer.line("x");
    expect(lines).toHaveLength(1);
  });

  it.each([
    ["throws", () => assertFails("no disk")],
    ["rejects", () => Promise.reject(new Error("no disk"))],
    ["throws what is no error", () => assertFails(null)],
  ])("is warned of once when it %s, and gets the next line all the same", async (_how, fail) => {
    const lines: string[] = [];
    let isBroken = true;
    const writer = new LineWriter((line) => {
      lines.push(line);
      return isBroken ? fail() : undefined;
    });
    const write = async (line: string) => {
      writer.line(line);
      await turn();
    };
    await write("a");
    await write("b");
    expect(warned).toHaveBeenCalledTimes(1);
    expect(warned.mock.calls[0]?.[1]).toBe("CoppiceLogWarning");
    isBroken = false;
    await write("c");
    isBroken = true;
    await write("d");
    expect(warned).toHaveBeenCalledTimes(2);
    expect(lines).toEqual(["a", "b", "c", "d"]);
  });

  it("hurts no agent when it throws or stops the swarm", async () => {
    const agents = { speaker: { model: scripted("Hello."), input: "Speak." } };
    await using supervisor = await Supervisor.start({ threads: 0, agents });
    logTo(supervisor, () => assertFails("no disk"));
    logTo(supervisor, (line) => line.includes("says") && void supervisor.cancel("/", "a log"));
    const outcome = await supervisor.run("speaker");
    expect(["completed", "cancelled"]).toContain(outcome.status);
    expect(warned).toHaveBeenCalledTimes(1);
  });
});

function assertFails(told: string | null): never {
  throw told === null ? null : new Error(told);
}
