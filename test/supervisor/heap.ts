import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";

setFlagsFromString("--expose-gc");
const collect = runInNewContext("gc") as () => void;

/** What this thread's heap holds, without its garbage, in millions of bytes. */
export function heapMb(): number {
  collect();
  return process.memoryUsage().heapUsed / 1e6;
}
