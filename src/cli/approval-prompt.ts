import { userInfo } from "node:os";
import type { Decision, PendingApproval } from "../index.ts";
import { quoted } from "../wire/shown-text.ts";
import { isClipped, isShowAll, optionOf, parseDecision, questionLines } from "./decision-line.ts";
import type { Keyboard } from "./keyboard.ts";
import type { QuestionPlace } from "./question-place.ts";
import { TypedLine } from "./typed-line.ts";

/** Milliseconds without a key before keys count: no person reads a question in less. */
const QUIET_MS = 500;
const MAX_REPEATED = 40;

/**
 * Puts approval questions to the person at the terminal, one at a time.
 *
 * **Guarantees** keys typed before the choice is shown do not count.
 */
export class ApprovalPrompt {
  readonly #place: () => QuestionPlace;
  #last: Promise<unknown> = Promise.resolve();
  readonly #withdrawn = new Map<string, AbortController>();

  /** @param place called for each question, because the place may change after construction */
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

  /**
   * Withdraws a question that was decided elsewhere or is no longer needed, and frees the cursor.
   */
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
          place.say([`  ${quoted(line, MAX_REPEATED)} is no answer`]);
        }
      }
    } finally {
      place.keyboard.listener = undefined;
      place.close();
    }
  }
}

/** Returns the line typed after the choice is shown; undefined when the question is withdrawn. */
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
    // Keys typed after the line do not count as an answer to the next question.
    keyboard.listener = undefined;
    resolve(typed.text);
  };
  place.prompt(choice, "");
  const line = await promise;
  signal.removeEventListener("abort", leave);
  return line;
}

/** Resolves after `QUIET_MS` without a key, or when the question is withdrawn. */
function quiet(keyboard: Keyboard, signal: AbortSignal): Promise<void> {
  const { promise, resolve } = Promise.withResolvers<void>();
  let timer: NodeJS.Timeout;
  let keys = 0;
  const wait = () => {
    clearTimeout(timer);
    timer = setTimeout(() => {
      const before = keys;
      // Keys may have queued up while this thread was busy: their events run before this callback.
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

/**
 * Refuses a request at once, instead of after its time-out, because there is no terminal to ask at.
 */
export function refuseApproval(): Decision {
  const reason =
    "nobody can be asked, since standard input and standard error are not both a terminal; " +
    "give the swarm an `approve`, or run it at a terminal";
  return { allow: false, reason, by: "coppice run" };
}
