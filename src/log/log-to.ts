/// <reference types="node" preserve="true" />
import { CoppiceError } from "../errors.ts";
import { type EventStreams, watchEvents } from "../journal/event-streams.ts";
import type { RuntimeEvent } from "../wire/event.ts";
import { summaryOf } from "../wire/summary.ts";
import { valueKind } from "../wire/value-kind.ts";
import { Happenings } from "./happenings.ts";
import { LineWriter, type WriteLine } from "./line-writer.ts";
import { logLine, MAX_LOG_LINE_LENGTH } from "./log-line.ts";
import { standardErrorLines } from "./standard-error.ts";

/**
 * Writes one readable line per event of a supervisor from now on, for the log of a service.
 *
 * **Guarantees** each line has the date, the agent's path, what happened and details; it has at
 * most 1,000 characters and no control characters, escape sequences or likely secrets. A `write`
 * that throws causes one warning. A `write` that returns a promise is awaited; meanwhile at most
 * 1,000 lines are kept, and a line of its own counts the others. No agent waits for either. A log
 * does not count as a listener that could answer a question: that stays `unattended`.
 * **Fails with** OPTIONS_INVALID for a value that is not a started supervisor, or not a function.
 * **Gotcha** a `write` that blocks its thread blocks the supervisor on the same thread. The default
 * `write` writes nothing more once the reader of standard error is gone.
 * @param write takes a line without its line break; default: standard error
 * @returns a function that ends the log, also by `using`; stopping the supervisor ends it too
 * @example
 * const stop = logTo(supervisor, (line) => console.info(line));
 */
export function logTo(
  supervisor: EventStreams,
  write: WriteLine = standardErrorLines(),
): (() => void) & Disposable {
  if (typeof write !== "function") {
    const message = `logTo: write must be a function, not ${valueKind(write)}`;
    throw new CoppiceError("OPTIONS_INVALID", message);
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

/** Returns a small copy of an event, without secrets by the names of its fields. */
function shown(event: RuntimeEvent): RuntimeEvent {
  // A piece of a text is examined once its line is whole.
  if (event.type === "agent.output") return event;
  return summaryOf(event, MAX_LOG_LINE_LENGTH) as RuntimeEvent;
}
