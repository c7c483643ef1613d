import { describe } from "../wire/error-codec.ts";
import { fieldOf } from "../wire/read-field.ts";
import type { Source, Telemetry } from "./recording.ts";

/**
 * Begins to record with what an embedder has registered: samplers, processors and exporters are
 * code of others.
 *
 * **Guarantees** whatever throws there costs what was to be recorded alone; what is begun is begun
 * exactly once, and has its own result. The process is warned the first time.
 */
export function containedTelemetry(
  source: Source,
  start: (source: Source) => Telemetry | undefined,
): Telemetry | undefined {
  const attempt = attempts();
  const listen: Source["listen"] = (type, listener) =>
    source.listen(type, (event) => attempt(() => listener(event)));
  const stats = () => source.stats();
  const telemetry = attempt(() => start({ listen, stats }));
  return (
    telemetry && {
      spawned: (born) => attempt(() => telemetry.spawned(born)),
      call: (started, begin) => {
        const once = onceOf(begin);
        attempt(() => telemetry.call(started, () => void once()));
        return once()();
      },
      stop: () => attempt(() => telemetry.stop()),
    }
  );
}

function attempts(): <Result>(record: () => Result) => Result | undefined {
  let isWarned = false;
  return (record) => {
    try {
      return record();
    } catch (thrown) {
      if (isWarned) return undefined;
      isWarned = true;
      const said = fieldOf(thrown, "stack") ?? describe(thrown);
      process.emitWarning(`OpenTelemetry threw: ${said}`, "CoppiceTelemetryWarning");
      return undefined;
    }
  };
}

/** Begins when it is first called; what it gives says each time how that went. */
function onceOf<Result>(begin: () => Result): () => () => Result {
  let begun: (() => Result) | undefined;
  return () => {
    begun ??= outcomeOf(begin);
    return begun;
  };
}

function outcomeOf<Result>(begin: () => Result): () => Result {
  try {
    const result = begin();
    return () => result;
  } catch (thrown) {
    return () => {
      throw thrown;
    };
  }
}
