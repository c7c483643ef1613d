import { spawn } from "node:child_process";
import { once } from "node:events";
import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { describe, expect, it } from "vitest";

const program = fileURLToPath(new URL("../../fixtures/guarantees/program.ts", import.meta.url));
const page = readFileSync(new URL("../../../docs/guarantees.md", import.meta.url), "utf8");

/** What a cell of the table says, and what the program that tries it must have come to. */
const cells: Readonly<Record<string, (seen: Seen) => void>> = {
  killed: ({ said }) => expect(said).toMatchObject({ doer: "killed", status: "completed" }),
  "killed, thread stuck": ({ said }) => {
    expect(said).toMatchObject({ doer: "killed", status: "completed", stuckThreads: 1 });
  },
  "killed, `OUT_OF_MEMORY`": ({ said }) => {
    expect(said).toMatchObject({ doer: "killed", code: "OUT_OF_MEMORY", status: "completed" });
  },
  "takes all down": ({ said }) => expect(said).toBeUndefined(),
  // Whether it is caught in time is chance: only that nothing is promised can be said.
  "no promise": ({ said }) => expect(said).not.toMatchObject({ doer: "completed" }),
  possible: ({ said }) => expect(said).toMatchObject({ doer: "completed", output: "it could" }),
  refused: ({ said }) => expect(said).toMatchObject({ output: "ERR_ACCESS_DENIED" }),
  empty: ({ said }) => expect(said).toMatchObject({ doer: "completed", output: [] }),
};

/** The rows of the table of docs/guarantees.md, in its order, and the deed that tries each. */
const deeds: Readonly<Record<string, { readonly deed: string; readonly memoryMb?: number }>> = {
  "loops for ever": { deed: "loop" },
  "loops after an `await`": { deed: "loop-later" },
  "blocks in a native call": { deed: "pbkdf2" },
  "ends its process by `process.exit`": { deed: "exit" },
  "throws where nobody catches it": { deed: "throw" },
  "dies by a signal, as a crash in native code does": { deed: "signal" },
  "leaks objects, with `memoryMb`": { deed: "objects", memoryMb: 64 },
  "leaks `Buffer`s, with `memoryMb`": { deed: "slow-buffers", memoryMb: 64 },
  "fills its heap at once, with `memoryMb`": { deed: "arrays", memoryMb: 64 },
  "writes a file": { deed: "write" },
  "starts a program": { deed: "spawn" },
  "reads the environment": { deed: "env" },
};

const places = ["shared", "thread", "process"] as const;

interface Seen {
  /** What the program printed; undefined when it was ended before it could. */
  readonly said: object | undefined;
}

async function tried(deed: string, isolation: string, memoryMb?: number): Promise<Seen> {
  const args = [program, deed, isolation, ...(memoryMb === undefined ? [] : [String(memoryMb)])];
  const child = spawn(process.execPath, ["--conditions=coppice-source", ...args], {
    stdio: ["ignore", "pipe", "ignore"],
    // A thread that fills the heap at once can hang its process as well as end it.
    timeout: 60_000,
    killSignal: "SIGKILL",
  });
  let printed = "";
  child.stdout.on("data", (chunk) => {
    printed += String(chunk);
  });
  await once(child, "close");
  return { said: printed === "" ? undefined : (JSON.parse(printed) as object) };
}

/** The table under "What holds where": a row's name, and its three cells. */
function table(): ReadonlyMap<string, readonly string[]> {
  const section = page.split("## What holds where")[1]?.split("\n## ")[0] ?? "";
  const rows = section.split("\n").filter((line) => line.startsWith("| "));
  const cut = rows.map((row) => row.split("|").map((cell) => cell.trim()));
  return new Map(cut.slice(2).map(([, name, ...rest]) => [name as string, rest.slice(0, 3)]));
}

describe("the table of guarantees", () => {
  const rows = [...table()];

  it("has the rows that are tried below, and no cell that says something else", () => {
    expect(rows.map(([name]) => name)).toEqual(Object.keys(deeds));
    const said = new Set(rows.flatMap(([, row]) => row));
    expect([...said].filter((cell) => cells[cell] === undefined && cell !== "-")).toEqual([]);
  });

  const all = rows.flatMap(([name, row]) =>
    row.map((cell, at) => ({ name, cell, isolation: places[at] as string })),
  );
  it.concurrent.each(all.filter(({ cell }) => cell !== "-"))(
    "$name, $isolation: $cell",
    async ({ name, cell, isolation }) => {
      const { deed, memoryMb } = deeds[name] as { deed: string; memoryMb?: number };
      cells[cell]?.(await tried(deed, isolation, memoryMb));
    },
  );
});
