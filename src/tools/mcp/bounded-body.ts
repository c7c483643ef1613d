import { HttpRefusal } from "./http-refusal.ts";
import { megabytes } from "./mcp-config.ts";

/**
 * Returns the whole body, decompressed.
 *
 * **Fails with** a {@link HttpRefusal} once more than `maxBytes` have arrived; the rest is not
 * read.
 */
export async function bodyOf(response: Response, maxBytes: number): Promise<string> {
  const chunks: Uint8Array[] = [];
  let length = 0;
  for await (const chunk of response.body ?? []) {
    length += chunk.length;
    if (length > maxBytes) throw tooLarge(length, maxBytes);
    chunks.push(chunk);
  }
  return new TextDecoder().decode(Buffer.concat(chunks));
}

/**
 * Returns the beginning of a body, as far as it arrives in `withinMs`; errors only end it early.
 */
export async function headOf(
  response: Response,
  maxBytes: number,
  withinMs: number,
): Promise<string> {
  let head = Buffer.alloc(0);
  const reader = response.body?.getReader();
  const cancel = (): void => void reader?.cancel().catch(() => undefined);
  const timer = setTimeout(cancel, withinMs);
  try {
    while (head.length < maxBytes) {
      const { value } = (await reader?.read()) ?? {};
      if (value === undefined) break;
      head = Buffer.concat([head, value.subarray(0, maxBytes - head.length)]);
    }
  } catch {
    return new TextDecoder().decode(head);
  } finally {
    clearTimeout(timer);
    cancel();
  }
  return new TextDecoder().decode(head);
}

/** Creates the refusal of an answer or an event that is too large. */
export function tooLarge(bytes: number, maxBytes: number): HttpRefusal {
  const limit = `${megabytes(maxBytes)} MB, the limit (maxMessageMb)`;
  const message = `sent a message that is larger than ${limit}: ${bytes} bytes and more`;
  return new HttpRefusal("unfit", message);
}
