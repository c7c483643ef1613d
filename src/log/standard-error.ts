import type { WriteLine } from "./line-writer.ts";

/** A reader that goes away is no error of whoever writes: it must not end the process. */
const readerIsGone = (): void => undefined;

/**
 * Writes lines to standard error, until its reader goes away; slowly where that is slow.
 *
 * Node keeps without bound what a reader does not take: whoever writes has to wait.
 */
export function standardErrorLines(): WriteLine {
  const { stderr } = process;
  // The same for all logs of the process: ten of them are no leak.
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
