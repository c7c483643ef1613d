/** Milliseconds that the Anthropic SDK itself waits for an answer that is not streamed. */
const SILENT_MS = 600_000;

/** The watch over a stream, which ends it when nothing comes any more. */
export interface Silence extends Disposable {
  /** Aborted with the call, and when nothing came for too long. */
  readonly signal: AbortSignal;
  /** Notes that something came. */
  heard(): void;
}

/**
 * Watches a stream until it is disposed of.
 *
 * **Gotcha** It uses the system's time, because the silence is that of a socket.
 * @param silentMs milliseconds; default ten minutes
 */
export function awaitSilence(signal: AbortSignal, silentMs = SILENT_MS): Silence {
  const tooLong = new AbortController();
  const timer = setTimeout(() => {
    tooLong.abort(new DOMException(`nothing came for ${silentMs} ms`, "TimeoutError"));
  }, silentMs);
  timer.unref();
  return {
    signal: AbortSignal.any([signal, tooLong.signal]),
    heard: () => void timer.refresh(),
    [Symbol.dispose]: () => clearTimeout(timer),
  };
}
