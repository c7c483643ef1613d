import { HttpRefusal } from "./http-refusal.ts";
import { megabytes } from "./mcp-config.ts";

/**
 * The whole body, decompressed.
 *
 * **Fails with** a {@link HttpRefusal} once more than `maxBytes` have come; the rest is not read.
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
 * The beginning of a body, as far as it comes in `withinMs`; whatever goes wrong is not worth
 * telling.
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

/** Said of an answer or an event. */
export function tooLarge(bytes: number, maxBytes: number): HttpRefusal {
  const limit = `${megabytes(maxBytes)} MB, the limit (maxMessageMb)`;
  const told = `sent a message that is larger than ${limit}: ${bytes} bytes and more`;
  return new HttpRefusal("unfit", told);
}
