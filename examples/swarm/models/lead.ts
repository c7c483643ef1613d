/** Lists the folder, sends out reviewers, cancels the straggler, and has the report written. */
import { basename, join } from "node:path";
import {
  type Context,
  call,
  type Delta,
  lineOf,
  metered,
  type Request,
  resultsOf,
  say,
} from "./conversation.ts";

/** How a child ended, as `wait_agents` tells it. */
interface Ended {
  readonly name: string;
  readonly status: string;
  readonly output?: string;
  readonly unit?: string;
  readonly reason?: string;
}

const ENOUGH = "the reviews were in before it had ended";
const STEPS = [listFolder, sendOut, waitForReviews, cancelArchitect, orderReport];

export default function lead(request: Request, context: Context) {
  const step = STEPS[request.turn] ?? answer;
  return metered(request, step(request, context));
}

async function* listFolder(request: Request, context: Context): AsyncIterable<Delta> {
  const path = lineOf(request, "Folder");
  yield* say(`What is in ${basename(path)}?`, context);
  yield call("fs__list_directory", { path });
}

async function* sendOut(request: Request, context: Context): AsyncIterable<Delta> {
  const folder = lineOf(request, "Folder");
  const { files, tests } = listed(request);
  yield* say(`${files.length} files to review, one reviewer for each.`, context);
  yield spawn("architect", "architect", `Folder: ${folder}`);
  for (const file of files) {
    const test = tests.find((name) => name === file.replace(/\.js$/, ".test.js")) ?? "none";
    yield spawn("reviewer", file, `File: ${join(folder, file)}\nTest: ${test}`);
  }
}

async function* waitForReviews(request: Request): AsyncIterable<Delta> {
  yield call("wait_agents", { names: listed(request).files });
}

async function* cancelArchitect(request: Request, context: Context): AsyncIterable<Delta> {
  const all = reviews(request);
  const done = all.filter(isCompleted).length;
  yield* say(`${done} of ${all.length} reviews are in; the architect is too slow.`, context);
  yield call("cancel_agent", { name: "architect", reason: ENOUGH });
}

async function* orderReport(request: Request): AsyncIterable<Delta> {
  const [cancelled] = resultsOf(request, "cancel_agent");
  const architect = { name: "architect", status: "cancelled", reason: ENOUGH };
  const sections = [...reviews(request), ...(cancelled?.failed ? [] : [architect])].map(section);
  const head = [`Report: ${lineOf(request, "Report")}`, `Folder: ${lineOf(request, "Folder")}`];
  const input = [...head, ...sections].join("\n");
  yield call("spawn_agent", { agent: "writer", name: "writer", input });
}

async function* answer(request: Request, context: Context): AsyncIterable<Delta> {
  const missing = reviews(request).filter((review) => !isCompleted(review));
  const names = missing.map(({ name }) => name).join(", ");
  const report = basename(lineOf(request, "Report"));
  yield* say(`${report} is written. Not reviewed: ${names || "nothing"}.`, context);
}

function spawn(agent: string, name: string, input: string): Delta {
  return call("spawn_agent", { agent, name, input, background: true });
}

/** What `list_directory` said: a line for each entry, as in `[FILE] cart.js`. */
function listed(request: Request): { files: string[]; tests: string[] } {
  const [listing] = resultsOf(request, "fs__list_directory");
  const entries = (listing?.text ?? "").matchAll(/^\[FILE\] (.+\.js)$/gm);
  const names = [...entries].map((entry) => String(entry[1]));
  const isTest = (name: string) => name.endsWith(".test.js");
  return { files: names.filter((name) => !isTest(name)), tests: names.filter(isTest) };
}

function reviews(request: Request): Ended[] {
  const [waited] = resultsOf(request, "wait_agents");
  return waited === undefined || waited.failed ? [] : (JSON.parse(waited.text) as Ended[]);
}

function isCompleted({ status }: Ended): boolean {
  return status === "completed";
}

function section({ name, status, output, unit, reason }: Ended): string {
  const why = unit === undefined ? reason : `out of ${unit}`;
  return [`## ${name}: ${status}${why === undefined ? "" : ` (${why})`}`, output ?? ""].join("\n");
}
