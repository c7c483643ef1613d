import { type Outcome, type RuntimeEvent, Supervisor } from "../index.ts";
import { visible, visibleJson } from "../log/visible.ts";
import { ApprovalPrompt, refuseApproval } from "./approval-prompt.ts";
import type { RunCommand } from "./arguments.ts";
import { costLines } from "./cost-lines.ts";
import { EXIT_CODES } from "./exit-codes.ts";
import { Interruption } from "./interruption.ts";
import { Keyboard } from "./keyboard.ts";
import { LiveTree } from "./live-tree.ts";
import { LiveView } from "./live-view.ts";
import { isLiveWanted } from "./live-wanted.ts";
import { keepStandardOutput, Output } from "./output.ts";
import { PlainQuestion } from "./plain-question.ts";
import type { ProcessExit } from "./process-exit.ts";
import type { QuestionPlace } from "./question-place.ts";
import { Report } from "./report.ts";
import { runSummaryOf } from "./summary.ts";
import { checkInput, chooseAgent, readSwarmFile } from "./swarm-file.ts";

/** Columns of a line when the width is unknown: a file or a pipe. */
const DEFAULT_COLUMNS = 120;

/**
 * Runs one agent to its end and reports the outcome.
 *
 * **Fails with** UsageError, and the errors of `Supervisor.start` and `spawn`.
 * @returns the program's exit code
 */
export async function run(command: RunCommand, processExit: ProcessExit): Promise<number> {
  // The file's code must not write to standard output, so this comes before it is loaded.
  const write = command.json ? keepStandardOutput() : undefined;
  const options = await readSwarmFile(command.file);
  const agent = chooseAgent(options, command.agent);
  const input = command.input === "-" ? await readStandardInput() : command.input;
  checkInput(options, agent, input);
  let supervisor: Supervisor | undefined;
  const stderr = new Output(process.stderr);
  const nobodyReads = (): void => {
    if (command.json) void supervisor?.cancel("/", "nobody reads the output any more");
  };
  const stdout = new Output(process.stdout, nobodyReads, write);
  using _interruption = new Interruption({
    first(signal) {
      // There is nothing to cancel yet: servers that were started end with the program.
      if (supervisor === undefined) return processExit.leave(EXIT_CODES.cancelled);
      stderr.line(`${signal}: cancelling every agent; once more kills what has not ended.`);
      void supervisor.cancel("/", `interrupted by ${signal}`);
    },
    again(signal, count) {
      if (count > 2) return processExit.leaveAtOnce(EXIT_CODES.killed);
      stderr.line(`${signal} again: killing what has not ended.`);
      // The second stop skips the grace of every agent.
      void supervisor?.stop();
      void supervisor?.stop();
    },
  });
  // A question is asked only where a person can see it.
  const canSee = process.stdin.isTTY === true && process.stderr.isTTY === true;
  // A file's own `approve` may use the terminal itself.
  const asks = canSee && command.input !== "-" && options.approve === undefined;
  const keyboard = new Keyboard(process.stdin);
  const others = command.json ? [] : [process.stdout];
  const between = new PlainQuestion(keyboard, process.stderr, others);
  let place: QuestionPlace = between;
  const prompt = new ApprovalPrompt(() => place);
  const approve = options.approve ?? (asks ? prompt.approve : refuseApproval);
  const inspect = command.inspect && !options.inspect ? { inspect: true } : {};
  processExit.starting();
  await using started = await Supervisor.start({ ...options, ...inspect, approve });
  supervisor = started;
  processExit.started(started);
  if (started.inspectorUrl !== undefined) stderr.line(`Inspector: ${started.inspectorUrl}`);
  started.on("approval.decided", ({ id }) => prompt.withdraw(id));
  const tree = new LiveTree();
  const isLive = isLiveWanted(command, process.stderr.isTTY, process.env);
  using view = isLive ? liveView(tree, started, { keyboard, hasKeys: asks }) : undefined;
  place = view ?? between;
  const events = started.events({ since: 0 });
  const ref = await started.spawn(agent, input === undefined ? {} : { input });
  const line = command.json ? jsonLines(stdout) : view === undefined ? reading(stderr) : view.event;
  const agents = await tell(events, ref.path, (event) => {
    // Lines show durations, and the time of an event jumps when a computer has slept.
    const timed = { ...event, at: performance.now() };
    tree.apply(timed);
    line(command.json ? event : timed);
  });
  const outcome = await ref.outcome;
  view?.[Symbol.dispose]();
  if (command.json) {
    stdout.line(visibleJson(JSON.stringify({ type: "outcome", ...plain(outcome) })));
  } else {
    for (const cost of costLines(tree, columnsOf(process.stderr))) stderr.line(cost);
    answer(outcome, agents, stdout, stderr);
  }
  const isWritten = await finish(stdout, stderr);
  return isWritten ? EXIT_CODES[outcome.status] : EXIT_CODES.failed;
}

/** Writes what is left; false when standard output could not be written, as on a full disk. */
async function finish(stdout: Output, stderr: Output): Promise<boolean> {
  await stdout.flush();
  const { fault } = stdout;
  if (fault !== undefined) stderr.line(`The output could not be written: ${fault.message}.`);
  await stderr.flush();
  return fault === undefined;
}

/**
 * Passes on every event until the agent has stopped; returns the number of spawns and the duration.
 */
async function tell(
  events: AsyncIterable<RuntimeEvent>,
  path: string,
  line: (event: RuntimeEvent) => void,
): Promise<{ readonly spawned: number; readonly tookMs: number }> {
  let spawned = 0;
  let from: number | undefined;
  for await (const event of events) {
    from ??= performance.now();
    if (event.type === "agent.spawned") spawned += 1;
    line(event);
    if (event.type === "agent.stopped" && event.path === path) break;
  }
  return { spawned, tookMs: from === undefined ? 0 : performance.now() - from };
}

function jsonLines(stdout: Output): (event: RuntimeEvent) => void {
  return (event) => stdout.line(visibleJson(JSON.stringify(event)));
}

function reading(stderr: Output): (event: RuntimeEvent) => void {
  const report = new Report(() => ({
    columns: columnsOf(process.stderr),
    colours: process.stderr.isTTY === true && !process.env.NO_COLOR,
  }));
  return (event) => {
    for (const line of report.lines(event)) stderr.line(line);
  };
}

function liveView(
  tree: LiveTree,
  supervisor: Supervisor,
  keys: { readonly keyboard: Keyboard; readonly hasKeys: boolean },
): LiveView {
  const look = () => supervisor.tree();
  return new LiveView({ tree, look, terminal: process.stderr, others: [process.stdout], ...keys });
}

function columnsOf({ columns }: NodeJS.WriteStream): number {
  return columns || DEFAULT_COLUMNS;
}

function answer(
  outcome: Outcome,
  { spawned, tookMs }: { readonly spawned: number; readonly tookMs: number },
  stdout: Output,
  stderr: Output,
): void {
  stderr.line(runSummaryOf(outcome, spawned, tookMs / 1000));
  if (outcome.status === "completed") {
    const text = textOf(outcome.output);
    // A file gets the exact text; on a terminal control characters are made visible.
    return stdout.line(process.stdout.isTTY ? visible(text) : text);
  }
  if (outcome.status === "failed") stderr.line(visible(outcome.error.message));
  if (outcome.status === "killed") stderr.line(visible(outcome.error?.message ?? outcome.reason));
  if (outcome.partial !== undefined && outcome.partial !== null) {
    stderr.line(`What there was by then: ${visible(textOf(outcome.partial))}`);
  }
}

function textOf(output: unknown): string {
  return typeof output === "string" ? output : JSON.stringify(output, null, 2);
}

/** Copies an outcome for JSON; the fields of an error are listed, because JSON would drop them. */
function plain(outcome: Outcome): object {
  if (!("error" in outcome) || outcome.error === undefined) return outcome;
  const { code, message, details, retryable } = outcome.error;
  return { ...outcome, error: { code, message, details, retryable } };
}

async function readStandardInput(): Promise<string> {
  let text = "";
  process.stdin.setEncoding("utf8");
  for await (const chunk of process.stdin) text += chunk;
  return text;
}
