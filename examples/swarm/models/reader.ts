/** Reads slowly and aloud: this is the branch that gets cancelled. */
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

const MS_PER_WORD = 200;

export default (request: Request, context: Context) => metered(request, read(request, context));

async function* read(request: Request, context: Context): AsyncIterable<Delta> {
  const [listing] = resultsOf(request, "fs__list_directory");
  if (listing === undefined) {
    yield call("fs__list_directory", { path: lineOf(request, "Folder") });
    return;
  }
  const names = [...listing.text.matchAll(/^\[FILE\] (.+)$/gm)].map(([, name]) => name);
  for (const name of names) {
    for (const other of names) {
      if (name !== other) yield* say(`How does ${name} go with ${other}?`, context, MS_PER_WORD);
    }
  }
}
