/** Has everything read before it judges. The lead does not wait so long. */
import {
  type Context,
  call,
  type Delta,
  lineOf,
  metered,
  type Request,
  say,
} from "./conversation.ts";

export default (request: Request, context: Context) => metered(request, judge(request, context));

async function* judge(request: Request, context: Context): AsyncIterable<Delta> {
  if (request.turn > 0) return yield* say("no findings", context);
  yield* say("A reader shall go through all of it first.", context);
  const input = `Folder: ${lineOf(request, "Folder")}`;
  yield call("spawn_agent", { agent: "reader", name: "reader", input });
}
