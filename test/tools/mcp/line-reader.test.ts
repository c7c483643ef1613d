import { describe, expect, it } from "vitest";
import type { SkimmedMessage } from "../../../src/tools/mcp/json-skimmer.ts";
import { LineReader } from "../../../src/tools/mcp/line-reader.ts";

class Read {
  readonly lines: string[] = [];
  readonly refused: { why: string; messages: readonly SkimmedMessage[] }[] = [];
  readonly endless: string[] = [];
  readonly #reader: LineReader;

  constructor(maxBytes: number) {
    const { lines } = this;
    this.#reader = new LineReader({
      maxBytes,
      *onLine(line) {
        lines.push(line);
        yield undefined;
      },
      onRefused: (why, messages) => this.refused.push({ why, messages }),
      onEndless: (why) => this.endless.push(why),
    });
  }

  feed(text: string | Buffer, size = 65_536): this {
    const bytes = Buffer.from(text);
    for (let at = 0; at < bytes.length; at += size) {
      for (const _ of this.#reader.read(bytes.subarray(at, at + size)));
    }
    return this;
  }
}

const answer = (bytes: number): string => {
  const message = (text: string) => JSON.stringify({ result: { text }, jsonrpc: "2.0", id: 5 });
  return message("x".repeat(bytes - message("").length));
};
const mine = [{ id: 5, isCall: false }];

describe("LineReader", () => {
  it("takes a byte order mark, which servers on Windows begin with, for no part of a line", () => {
    expect(new Read(100).feed("\ufeff{}\r\n{}\n", 1).lines).toEqual(["{}", "{}"]);
  });

  it.each([1, 3, 65_536])("cuts into lines what comes in pieces of %i bytes", (size) => {
    const { lines } = new Read(1_000).feed('{"a":"🌳é"}\r\n\nb\n\r\nnever ended', size);
    expect(lines).toEqual(['{"a":"🌳é"}', "", "b", ""]);
  });

  it.each([1_000, 200_000])(
    "keeps a line of %i bytes where that is the limit, and no longer",
    (max) => {
      expect(new Read(max).feed(`${answer(max)}\nnext\n`).lines).toEqual([answer(max), "next"]);
      const { lines, refused } = new Read(max).feed(`${answer(max + 1)}\nnext\n`);
      expect(lines).toEqual(["next"]);
      const why = expect.stringMatching(
        `has ${max + 1} bytes, more than the ${max} of .maxMessageMb`,
      );
      expect(refused).toEqual([{ why, messages: mine }]);
    },
  );

  it("counts bytes, not characters", () => {
    const { lines, refused } = new Read(10).feed(`"🌳🌳"\n"🌳🌳 "\n`);
    expect(lines).toEqual(['"🌳🌳"']);
    expect(refused).toHaveLength(1);
  });

  it("does not wait for the end of a line of over ten times the limit", () => {
    expect(new Read(100).feed("x".repeat(1_000)).endless).toEqual([]);
    const read = new Read(100).feed("x".repeat(1_001)).feed("\nmore\n");
    expect(read.endless).toEqual(["sent a line of more than 1000 bytes"]);
    expect([...read.lines, ...read.refused]).toEqual([]);
  });

  it.each([
    [
      "values",
      (count: number) => Array.from({ length: count - 3 }, () => 0),
      250_000,
      /250000 JSON/,
    ],
    [
      "keys of one object",
      (count: number) =>
        Object.fromEntries(Array.from({ length: count }, (_, at) => [`k${at}`, 0])),
      50_000,
      /50000 keys/,
    ],
  ])("refuses a line of too many %s", (_, make, most, why) => {
    const line = (count: number) => `${JSON.stringify({ result: make(count), id: 5 })}\n`;
    expect(new Read(1e7).feed(line(most)).lines).toHaveLength(1);
    const { lines, refused } = new Read(1e7).feed(line(most + 1));
    expect(lines).toEqual([]);
    expect(refused).toEqual([{ why: expect.stringMatching(why), messages: mine }]);
  });

  it("refuses a line that nests over 10,000 levels", () => {
    const line = (levels: number) => {
      const lists = `${"[".repeat(levels)}${"]".repeat(levels)}`;
      return `{"pad":"${"x".repeat(70_000)}","result":${lists},"id":5}\n`;
    };
    expect(new Read(1e7).feed(line(9_999)).lines).toHaveLength(1);
    expect(new Read(1e7).feed(line(10_000)).refused).toMatchObject([{ messages: mine }]);
  });
});
