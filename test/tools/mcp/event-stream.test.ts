import { describe, expect, it } from "vitest";
import { eventsOf, type StreamPosition } from "../../../src/tools/mcp/event-stream.ts";

/** Reads the events of a stream that comes in these pieces. */
async function read(pieces: readonly (string | Uint8Array)[], maxBytes = 1_000) {
  const position: StreamPosition = { lastEventId: undefined, retryMs: undefined };
  const chunks = pieces.map((piece) => (typeof piece === "string" ? Buffer.from(piece) : piece));
  const body = ReadableStream.from(chunks);
  const events: unknown[] = [];
  for await (const { type, data } of eventsOf(new Response(body), maxBytes, position)) {
    events.push(type === "message" ? data : [type, data]);
  }
  return { events, ...position };
}

describe("a stream of events", () => {
  it.each<[string, string, unknown[]]>([
    ["data and a space", "data: a\n\ndata:b\n\ndata:  c\n\n", ["a", "b", " c"]],
    ["several lines", "data: a\ndata: b\ndata:\n\n", ["a\nb\n"]],
    ["a type", "event: endpoint\ndata: /x\n\ndata: y\n\n", [["endpoint", "/x"], "y"]],
    ["comments and other fields", ": ping\n\nfoo: bar\ndata: a\nx\n\n", ["a"]],
    ["no data", "id: 1\n\ndata:\n\ndata\n\nevent: x\n\n", []],
    ["a mark of byte order", "\ufeffdata: a\n\n", ["a"]],
    ["an unfinished event", "data: a\n\ndata: b\n", ["a"]],
    ["characters of several bytes", "data: ä€😀\n\n", ["ä€😀"]],
  ])("reads %s, with each end of line, however it is cut", async (_, text, events) => {
    for (const end of ["\n", "\r\n", "\r"]) {
      const bytes = Buffer.from(text.replaceAll("\n", end));
      expect((await read([bytes])).events).toEqual(events);
      const single = [...bytes].map((byte) => Uint8Array.of(byte));
      expect((await read(single)).events).toEqual(events);
    }
  });

  it.each<[string, string, string | undefined]>([
    ["an event without data", "id: 1\n\n", "1"],
    ["an event with empty data", "id: 1\ndata:\n\n", "1"],
    ["the last of several", "id: 1\ndata: a\n\nid: 2\n\ndata: c\n\n", "2"],
    ["an unfinished event, which does not count", "id: 1\n\nid: 2\ndata: b\n", "1"],
    ["an empty id, which forgets", "id: 1\n\nid:\n\n", undefined],
    ["an id with a NUL, which is none", "id: 1\n\nid: a\0b\n\n", "1"],
    ["an id that no header holds", `id: 1\n\nid: ${"x".repeat(1_001)}\n\n`, undefined],
  ])("keeps the id of %s", async (_, text, id) => {
    expect((await read([text], 5_000)).lastEventId).toBe(id);
  });

  it("keeps a time to wait that is one", async () => {
    expect((await read(["retry: 500\n\nretry: soon\nretry: -1\n"])).retryMs).toBe(500);
  });

  it.each<[string, (bytes: number) => string]>([
    ["one line", (bytes) => `data: ${"x".repeat(bytes)}\n\n`],
    ["many lines", (bytes) => `data: ${"x".repeat(bytes - 5)}\n${"data:\n".repeat(5)}\n`],
    ["an unfinished line", (bytes) => `data: ${"x".repeat(bytes === 100 ? 100 : 165)}`],
    ["characters of two bytes", (bytes) => `data: ${"ä".repeat(Math.ceil(bytes / 2))}\n\n`],
  ])("has at most so many bytes in an event of %s", async (_, text) => {
    await expect(read([text(100)], 100)).resolves.toBeDefined();
    await expect(read([text(101)], 100)).rejects.toThrow(/larger than .* the limit/);
  });
});
