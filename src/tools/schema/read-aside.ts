import { type AsideTask, JsonReader } from "./input-reader.ts";
import { measuredCopy } from "./value-copy.ts";

/** Schemas that are kept compiled. */
const MOST_READERS = 100;

const readers = new Map<string, JsonReader>();

/**
 * Reads an input on the thread of a compute tool, which is ended with a reading that does not end
 * in time.
 */
export default function readAside({ schema, input }: AsideTask) {
  const key = JSON.stringify(schema);
  const reader = readers.get(key) ?? new JsonReader(schema);
  readers.delete(key);
  readers.set(key, reader);
  for (const old of readers.keys()) {
    if (readers.size <= MOST_READERS) break;
    readers.delete(old);
  }
  const read = reader.readAtOnce(measuredCopy(input).copy);
  if (!read.valid) return read;
  const { value, read: places } = read;
  return { valid: true, value, read: places };
}
