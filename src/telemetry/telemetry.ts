import { containedTelemetry } from "./contained.ts";
import type { Source, Telemetry } from "./recording.ts";

/** Key under which every copy of OpenTelemetry's API keeps what an SDK has registered. */
const REGISTERED = Symbol.for("opentelemetry.js.api.1");

/**
 * Records a swarm with OpenTelemetry when an SDK is registered.
 *
 * **Guarantees** Without an SDK not even the API is loaded, and nothing listens. With one, no error
 * that it throws reaches the swarm.
 */
export async function startTelemetry(source: Source): Promise<Telemetry | undefined> {
  if (!(REGISTERED in globalThis)) return undefined;
  const { startRecorder } = await import("./recorder.ts");
  return containedTelemetry(source, startRecorder);
}
