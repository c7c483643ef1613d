import { userInfo } from "node:os";
import type { Decision, PendingApproval } from "../index.ts";
import { quoted } from "../wire/shown-text.ts";
import { isClipped, isShowAll, optionOf, parseDecision, questionLines } from "./decision-line.ts";
import type { Keyboard } from "./keyboard.ts";
import type { QuestionPlace } from "./question-place.ts";
import { TypedLine } from "./typed-line.ts";

/** Milliseconds without a key before keys count: nobody has read a question sooner. */
const QUIET_MS = 500;
const MOST_REPEATED = 40;

/**
 * Asks the person at the terminal, one question at a time.
 *
 * **Guarantees** keys that were typed before the choice stood there do not count.
 */
export class ApprovalPrompt {
  readonly #place: () => QuestionPlace;
  #last: Promise<unknown> = Promise.resolve();
  readonly #withdrawn = new Map<string, AbortController>();

  /** @param place asked for each question, because it may come later than the prompt */
  constructor(place: () => QuestionPlace) {
    this.#place = place;
  }

  readonly approve = (request: PendingApproval): Promise<Decision> => {
    const gone = new AbortController();
    this.#withdrawn.set(request.id, gone);
    const turn = this.#last.then(() => this.#ask(request, gone.signal));
    this.#last = turn.catch(() => undefined);
    return turn.finally(() => this.#withdrawn.delete(request.id));
  };

  /** It was decided elsewhere, or nobody asks any more: the cursor is freed. */
  withdraw(id: string): void {
    this.#withdrawn.get(id)?.abort();
  }

  async #ask(request: PendingApproval, signal: AbortSignal): Promise<Decision> {
    if (signal.aborted) return withdrawn();
    const place = this.#place();
    const by = userInfo().username;
    place.open();
    try {
      place.say(questionLines(request));
      await quiet(place.keyboard, signal);
      for (;;) {
        const line = await answer(place, optionOf(request), signal);
        if (line === undefined) return withdrawn();
        place.say([`> ${line}`]);
        if (isClipped(request) && isShowAll(line)) {
          place.say(questionLines(request, true));
          await quiet(place.keyboard, signal);
        } else {
          const decision = parseDecision(request, line, by);
          if (decision !== undefined) return decision;
          place.say([`  ${quoted(line, MOST_REPEATED)} is no answer`]);
        }
      }
    } finally {
      place.keyboard.listener = undefined;
      place.close();
    }
  }
}

/** The line that is typed once the choice stands there; undefined when nobody asks any more. */
async function answer(
  place: QuestionPlace,
  choice: string,
  signal: AbortSignal,
): Promise<string | undefined> {
  const { keyboard } = place;
  if (signal.aborted) return undefined;
  const typed = new TypedLine();
  const { promise, resolve } = Promise.withResolvers<string | undefined>();
  const leave = () => resolve(undefined);
  signal.addEventListener("abort", leave);
  keyboard.listener = (text, key) => {
    if (!typed.press(text, key)) return place.prompt(choice, typed.text);
    // What is typed behind it is no answer to what comes next.
    keyboard.listener = undefined;
    resolve(typed.text);
  };
  place.prompt(choice, "");
  const line = await promise;
  signal.removeEventListener("abort", leave);
  return line;
}

/** Resolves when no key has come for a moment; also when nobody asks any more. */
function quiet(keyboard: Keyboard, signal: AbortSignal): Promise<void> {
  const { promise, resolve } = Promise.withResolvers<void>();
  let timer: NodeJS.Timeout;
  let keys = 0;
  const wait = () => {
    clearTimeout(timer);
    timer = setTimeout(() => {
      const before = keys;
      // Keys may have waited for as long as this thread did: they are heard before this is run.
      setImmediate(() => (keys === before ? resolve() : undefined));
    }, QUIET_MS);
  };
  keyboard.listener = () => {
    keys += 1;
    wait();
  };
  wait();
  const leave = () => resolve();
  signal.addEventListener("abort", leave);
  return promise.finally(() => {
    clearTimeout(timer);
    signal.removeEventListener("abort", leave);
  });
}

const withdrawn = (): Decision => ({ allow: false, reason: "withdrawn" });

/** Without a terminal nobody can be asked: refused at once, not after the time-out. */
export function refuseApproval(): Decision {
  const reason =
    "nobody can be asked, since standard input and standard error are not both a terminal; " +
    "give the swarm an `approve`, or run it at a terminal";
  return { allow: false, reason, by: "coppice run" };
}
