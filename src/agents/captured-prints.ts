import { StringDecoder } from "node:string_decoder";
import { PrintGate, type PrintNote } from "../wire/printed.ts";

const STREAMS = ["stdout", "stderr"] as const;

interface Author {
  readonly path?: string;
  readonly incarnation?: number;
}

/**
 * Passes this thread's prints to `tell`. They do not reach the process's own stdout and stderr,
 * which belong to the program that uses the library.
 *
 * **Gotcha** A write to a file descriptor (`writeSync(1, …)`) bypasses the streams.
 * @param who returns the agent whose code runs; called for each print
 */
export function capturePrints(
  tell: (print: PrintNote) => void,
  who: () => Author | undefined = () => undefined,
): void {
  const gate = new PrintGate();
  for (const stream of STREAMS) {
    const decoder = new StringDecoder("utf8");
    const write = (chunk: unknown, ...more: unknown[]): boolean => {
      const text = typeof chunk === "string" ? chunk : decoder.write(Buffer.from(chunk as Buffer));
      const { path, incarnation } = who() ?? {};
      const passed = gate.pass({ stream, text }, performance.now());
      const author = path === undefined || incarnation === undefined ? {} : { path, incarnation };
      if (passed !== undefined) tell({ ...passed, ...author });
      const done = more.at(-1);
      if (typeof done === "function") queueMicrotask(() => done());
      return true;
    };
    process[stream].write = write as NodeJS.WriteStream["write"];
  }
}
