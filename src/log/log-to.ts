/// <reference types="node" preserve="true" />
import { CoppiceError } from "../errors.ts";
import { type EventStreams, watchEvents } from "../journal/event-streams.ts";
import type { RuntimeEvent } from "../wire/event.ts";
import { summaryOf } from "../wire/summary.ts";
import { Happenings } from "./happenings.ts";
import { LineWriter, type WriteLine } from "./line-writer.ts";
import { LONGEST_LOG_LINE, logLine } from "./log-line.ts";
import { standardErrorLines } from "./standard-error.ts";

/**
 * Writes a line for each thing that happens from now on, as a service's log wants it.
 *
 * **Guarantees** one happening is one line: its date, the agent's path, what happened, details; at
 * most 1,000 characters, without control characters, escape sequences and what looks like a secret.
 * A `write` that throws is warned of once, and one that returns a promise is waited for: meanwhile
 * at most 1,000 lines wait, and how many more there were is told. Neither keeps an agent waiting,
 * and whoever logs is nobody who could answer a question: it stays `unattended`.
 * **Fails with** OPTIONS_INVALID for what is no supervisor, or no function.
 * **Gotcha** a `write` that blocks its thread blocks the supervisor, which lives there too. Without
 * a `write` the reader of standard error may go away: from then on nothing is written.
 * @param write takes a line without its end; default: to standard error
 * @returns stops it, as leaving the scope of a `using` does; a supervisor that stops ends it too
 * @example
 * const stop = logTo(supervisor, (line) => logger.info(line));
 */
export function logTo(
  supervisor: EventStreams,
  write: WriteLine = standardErrorLines(),
): (() => void) & Disposable {
  if (typeof write !== "function") {
    const told = `logTo: write must be a function, not a ${typeof write}`;
    throw new CoppiceError("OPTIONS_INVALID", told);
  }
  const happenings = new Happenings();
  const writer = new LineWriter(write);
  const stop = watchEvents(supervisor, (event) => {
    for (const happening of happenings.of(shown(event))) {
      writer.line(logLine(happening, event.path, event.at));
    }
  });
  return Object.assign(() => stop(), { [Symbol.dispose]: stop });
}

/** Small, and without secrets by the names of fields, which a line has no more. */
function shown(event: RuntimeEvent): RuntimeEvent {
  // A piece of a text: what is in it shows when its line is whole.
  if (event.type === "agent.output") return event;
  return summaryOf(event, LONGEST_LOG_LINE) as RuntimeEvent;
}
