import type { WriteLine } from "./line-writer.ts";

/** Ignores the error of a reader that is gone, which must not end the process. */
const readerIsGone = (): void => undefined;

/**
 * Returns a writer of lines to standard error, which does nothing once its reader is gone.
 *
 * Node buffers without bound what a reader does not take, so the writer returns a promise then.
 */
export function standardErrorLines(): WriteLine {
  const { stderr } = process;
  // One listener serves all logs of the process.
  if (!stderr.listeners("error").includes(readerIsGone)) stderr.on("error", readerIsGone);
  let isGone = false;
  return (line) => {
    if (isGone) return undefined;
    const { promise, resolve } = Promise.withResolvers<void>();
    const isTaken = stderr.write(`${line}\n`, (error) => {
      isGone ||= error != null;
      resolve();
    });
    return isTaken ? undefined : promise;
  };
}
