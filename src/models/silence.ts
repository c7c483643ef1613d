/** As long as the Anthropic SDK itself waits for an answer that is not streamed. */
const SILENT_MS = 600_000;

/** Ends a stream that nothing comes from any more, so that nobody waits for it for ever. */
export interface Silence extends Disposable {
  /** Aborted with the call, and when it has been silent for too long. */
  readonly signal: AbortSignal;
  /** Something came. */
  heard(): void;
}

/**
 * Listens to a stream until it is disposed of.
 *
 * **Gotcha** it takes the system's time: what is silent is a socket.
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
