import { describe } from "../wire/error-codec.ts";
import { fieldOf } from "../wire/read-field.ts";
import type { Source, Telemetry } from "./recording.ts";

/**
 * Starts to record with the SDK that an embedder has registered. Its samplers, processors and
 * exporters are code of others.
 *
 * **Guarantees** An error thrown there costs only what was to be recorded. A call is begun exactly
 * once and has its own result. The process is warned the first time.
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

/**
 * Returns a function that begins when it is first called. Each call of it returns a function that
 * returns the result, or throws the error.
 */
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
