import { type AsideTask, JsonReader } from "./input-reader.ts";
import { measuredCopy } from "./value-copy.ts";

/** The most schemas that are kept compiled. */
const MAX_READERS = 100;

const readers = new Map<string, JsonReader>();

/**
 * Reads an input on the thread of a compute tool; the thread is ended when the read takes too long.
 */
export default function readAside({ schema, input }: AsideTask) {
  const key = JSON.stringify(schema);
  const reader = readers.get(key) ?? new JsonReader(schema);
  readers.delete(key);
  readers.set(key, reader);
  for (const old of readers.keys()) {
    if (readers.size <= MAX_READERS) break;
    readers.delete(old);
  }
  const read = reader.readAtOnce(measuredCopy(input).copy);
  if (!read.valid) return read;
  const { value, read: places } = read;
  return { valid: true, value, read: places };
}
