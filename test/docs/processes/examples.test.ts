import { execFile } from "node:child_process";
import { readdir, readFile } from "node:fs/promises";
import { fileURLToPath } from "node:url";
import { stripVTControlCharacters } from "node:util";
import type { TurnMessage } from "coppice";
import { describe, expect, it } from "vitest";
import { agents } from "../../../examples/swarm/agents.ts";
import architect from "../../../examples/swarm/models/architect.ts";
import type { Delta } from "../../../examples/swarm/models/conversation.ts";
import lead from "../../../examples/swarm/models/lead.ts";
import reader from "../../../examples/swarm/models/reader.ts";
import reviewer from "../../../examples/swarm/models/reviewer.ts";
import writer from "../../../examples/swarm/models/writer.ts";
import {
  type MessagesServer,
  type SaidBlock,
  say,
  startMessagesServer,
  text as textBlock,
  toolUse,
} from "../../fixtures/messages-server.ts";

const models = { lead, reviewer, architect, reader, writer };
const names = Object.keys(models) as (keyof typeof models)[];
const root = fileURLToPath(new URL("../../../", import.meta.url));
const report = new URL("../../../examples/swarm/out/report.md", import.meta.url);

interface Ran {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
  readonly stdout: string;
  /** What it printed, on both outputs. */
  readonly said: string;
}

describe("the ladder of examples", () => {
  it.concurrent.each([
    ["01-one-tool", ["add gave 42", "completed, after 2 model calls and 1 tool call"]],
    ["02-sub-agents", ["/lead/north    I see a harbour, with 3 boats.", "2 numbers in it (3, 12)"]],
    ["03-custom-machine", ['state: "judging"', "asked, it answers: T-7: restarted the mixer"]],
    ["04-cancellation", ["/foreman/digger   cancelled", "> 0 tokens reserved", "out of time"]],
    ["05-budgets-and-capabilities", ["sent-2 BUDGET_EXCEEDED", "/thinker exhausted"]],
    ["06-approvals-and-rights", ["secret.txt: CAPABILITY_DENIED", "is used up: 1 of 1"]],
    ["07-supervision", ["back as incarnation 2", "20 of 20 neighbours completed"]],
    ["09-compute-tool", ["below 20000: 2262", "below -1: TOOL_TIMED_OUT"]],
    ["08-simulate", ["4 bookings for 3 seats", "the same steps, true"]],
  ])("%s finds its own result right, and prints what its header shows", async (name, lines) => {
    const { code, said } = await run(`examples/${name}.ts`);
    for (const line of lines) expect(said).toContain(line);
    expect(code).toBe(0);
    expect(sorted(said)).toEqual(sorted(await headerOf(name)));
  });
});

describe("every example at the command line, as its header says", () => {
  it.each([
    ["01-one-tool", "19 and 23 make 42."],
    ["02-sub-agents", "The editor says: Print it: 2 numbers in it (3, 12)."],
    ["05-budgets-and-capabilities", "sent-1 sent-2 BUDGET_EXCEEDED"],
    ["06-approvals-and-rights", "Done."],
    ["07-supervision", "The bridge stands."],
    ["08-simulate", "Done."],
    ["09-compute-tool", "There are enough of them."],
    ["service/agents", "Thank you for your patience; your order is sent on Tuesday."],
    ["swarm/main", "report.md is written. Not reviewed: rates.js."],
  ])("%s answers", async (name, answer) => {
    const { code, stdout, said } = await runByCommand(name);
    expect(said).toContain(" completed ");
    const answered = stdout.trimEnd().slice(-answer.length);
    expect({ code, answered }).toEqual({ code: 0, answered: answer });
  });

  it.each([
    ["03-custom-machine", /fixer +completed/],
    ["04-cancellation", /digger +calls +dig/],
  ])("%s goes on until it is interrupted", async (name, until) => {
    const { code, said } = await runByCommand(name, until);
    expect(said).toContain("cancelling every agent");
    expect(code).toBe(130);
  });

  it("is not forgotten by any", async () => {
    const files = await readdir(new URL("../../../examples/", import.meta.url));
    const numbered = files.filter((file) => /^\d\d.*\.ts$/.test(file));
    for (const file of numbered) {
      const source = await readFile(new URL(`../../../examples/${file}`, import.meta.url), "utf8");
      const isPart = !source.includes("import.meta.main");
      expect({ file, isRun: /^ \* {5}\$ /m.test(source) }).toEqual({ file, isRun: !isPart });
    }
  });
});

describe("the swarm of npm start", () => {
  it("reviews real files without a key: one refusal, one stop, one cancellation", async () => {
    const { code, said } = await run("examples/swarm/main.ts");
    expect(said).not.toContain("WRONG");
    expect(code).toBe(0);
    expect(said).toMatch(/cart\.js +starts +reviewer on thread user-code-/);
    expect(said).toMatch(/config\.js +REFUSED +fs\/write_file: CAPABILITY_DENIED/);
    expect(said).toMatch(/rates\.js +EXHAUSTED/);
    for (const line of await shownRefusals()) expect(withoutFigures(said)).toContain(line);
    expect(said).toMatch(/architect\/reader +CANCELLED/);
    const text = await readFile(report, "utf8");
    expect(text).toContain("| critical | config.js:10 | a secret stands in the source |");
    expect(text).toContain("| high | session.js:5 | a token can be guessed |");
    expect(text).toContain("| currency.js | 0 | 0 | 0 | 0 |");
    expect(text).toContain("- rates.js: exhausted (out of tokens)");
    expect(text).toContain("- architect: cancelled");
  });

  it("runs with a key on the Messages API, with the same agents and tools", async () => {
    await using service = await startClaude();
    const { code, said } = await run("examples/swarm/main.ts", {
      ANTHROPIC_API_KEY: "key",
      ANTHROPIC_BASE_URL: service.url,
    });
    expect(said).not.toContain("WRONG");
    expect(code).toBe(0);
    expect(said).toMatch(/cart\.js +starts +reviewer on thread library-/);
    expect(said).toMatch(/config\.js +REFUSED +fs\/write_file: CAPABILITY_DENIED/);
    expect(await readFile(report, "utf8")).toContain("- rates.js: exhausted (out of tokens)");
    expect(service.requests.map(({ body }) => body.model)).toContain("claude-haiku-5-5");
  });

  it("ends with what is known when it is interrupted", async () => {
    const { code, said } = await run("examples/swarm/main.ts", {}, /cart\.js +says/);
    expect(said).toMatch(/lead +cancelled/);
    expect(said).toContain("WRONG: the lead ended cancelled");
    expect(code).toBe(1);
  });
});

/** The output that the header of an example shows; agents side by side may take any order. */
async function headerOf(name: string): Promise<string> {
  const source = await readFile(new URL(`../../../examples/${name}.ts`, import.meta.url), "utf8");
  return [...source.matchAll(/^ \* {5}(>.*)$/gm)].map(([, line]) => line).join("\n");
}

/** The refusals in the samples of the swarm's output, which stand in two files, without times. */
async function shownRefusals(): Promise<string[]> {
  const files = ["examples/swarm/main.ts", "docs/examples.md"];
  const texts = await Promise.all(files.map((file) => readFile(`${root}${file}`, "utf8")));
  const shown = [...texts.join("\n").matchAll(/\d\.\d\ds( +[\w./]+ +(?:REFUSED|EXHAUSTED) .*)$/gm)];
  expect(shown).toHaveLength(6);
  return shown.map(([, line]) => withoutFigures(String(line)));
}

/** What a model reads has paths in it, so its tokens depend on where this folder is. */
function withoutFigures(text: string): string {
  return text.replaceAll(/\d+/g, "N");
}

function sorted(lines: string): string[] {
  return lines.trim().split("\n").sort();
}

/** Runs an example by the command that its header shows. */
async function runByCommand(name: string, until?: RegExp): Promise<Ran> {
  const source = await readFile(new URL(`../../../examples/${name}.ts`, import.meta.url), "utf8");
  const [, command = ""] = /^ \* {5}\$ npx coppice (run .*)$/m.exec(source) ?? [];
  const words = [...command.matchAll(/"([^"]*)"|\S+/g)].map(([word, quoted]) => quoted ?? word);
  expect(words[1]).toBe(`examples/${name}.ts`);
  return run(["src/cli/main.ts", ...words], {}, until);
}

/** Runs a program as a newcomer does; interrupts it once it has printed `until`. */
function run(
  path: string | readonly string[],
  env: Record<string, string> = {},
  until?: RegExp,
): Promise<Ran> {
  const { ANTHROPIC_API_KEY: _key, ANTHROPIC_BASE_URL: _url, ...rest } = process.env;
  const options = { cwd: root, env: { ...rest, ...env }, timeout: 90_000 };
  return new Promise((resolve) => {
    const args = ["--conditions=coppice-source", ...[path].flat()];
    const child = execFile(process.execPath, args, options, (_error, stdout, stderr) => {
      const said = stripVTControlCharacters(stdout + stderr);
      resolve({ code: child.exitCode, signal: child.signalCode, stdout, said });
    });
    let seen = "";
    let interrupted = until === undefined;
    const look = (chunk: string) => {
      seen += chunk;
      if (interrupted || !until?.test(seen)) return;
      interrupted = true;
      child.kill("SIGINT");
    };
    child.stdout?.on("data", look);
    child.stderr?.on("data", look);
  });
}

/** A stand-in for Claude: sees which agent asks, and answers as its scripted model would. */
function startClaude(): Promise<MessagesServer> {
  return startMessagesServer({
    key: "key",
    reply: async ({ body, closed }) => {
      const system = JSON.stringify(body.system);
      const name = names.find((agent) => system.includes(firstLine(agents[agent].instructions)));
      const messages = body.messages as readonly TurnMessage[];
      const turn = messages.filter(({ role }) => role === "assistant").length;
      const gone = new AbortController();
      void closed.then(() => gone.abort());
      const request = { messages, turn, tools: [], maxTokens: 1_000, options: {} };
      const answer = models[name ?? "lead"](request, { signal: gone.signal });
      return say(await blocksOf(answer, turn));
    },
  });
}

function firstLine(text = ""): string {
  return text.split("\n")[0] as string;
}

async function blocksOf(answer: AsyncIterable<Delta>, turn: number): Promise<SaidBlock[]> {
  let words = "";
  const calls: SaidBlock[] = [];
  for await (const delta of answer) {
    if (typeof delta === "string") words += delta;
    else if ("toolCall" in delta) {
      const { name, input } = delta.toolCall;
      calls.push(toolUse(`call_${turn}_${calls.length}`, name, input));
    }
  }
  return words.trim() === "" ? calls : [textBlock(words), ...calls];
}
