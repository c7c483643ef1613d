import { duplexPair } from "node:stream";
import { serialize } from "node:v8";
import { describe, expect, it } from "vitest";
import { type Packet, Pipe } from "../../src/wire/pipe.ts";

/** Two ends, and what the far one has heard: each group arrived together. */
const join = (mostBytes = 1_000) => {
  const [near, far] = duplexPair();
  const heard: (readonly Packet[])[] = [];
  const broken: unknown[] = [];
  const ignore = () => undefined;
  const pipe = new Pipe({ stream: near, onPackets: ignore, onUnreadable: ignore });
  new Pipe({
    stream: far,
    mostBytes,
    onPackets: (packets) => heard.push(packets),
    onUnreadable: (error) => broken.push(String(error)),
  });
  const settled = () => new Promise((resolve) => setImmediate(resolve));
  return { pipe, near, heard, broken, settled };
};

const frame = (lane: number, message: unknown): Buffer => {
  const body = serialize(message);
  const head = Buffer.alloc(5);
  head.writeUInt32LE(body.length + 1);
  head.writeUInt8(lane, 4);
  return Buffer.concat([head, body]);
};

describe("a pipe", () => {
  it("gives each packet as it was sent, in order, with its lane", async () => {
    const { pipe, heard, settled } = join();
    const messages = [{ at: 1, left: undefined, list: [null, 2n] }, "text", new Map([[1, 2]])];
    for (const message of messages) pipe.send("data", message);
    pipe.send("beat", null);
    await settled();
    expect(heard.flat()).toEqual([
      ...messages.map((message) => ({ lane: "data", message })),
      { lane: "beat", message: null },
    ]);
  });

  it("reads the same however the bytes are cut", async () => {
    const bytes = Buffer.concat([frame(0, { a: [1, 2, 3] }), frame(1, "b"), frame(3, 7)]);
    for (let size = 1; size <= bytes.length; size += 1) {
      const { near, heard, broken, settled } = join();
      for (let at = 0; at < bytes.length; at += size) {
        near.write(bytes.subarray(at, at + size));
        await settled();
      }
      expect([size, heard.flat(), broken]).toEqual([
        size,
        [
          { lane: "data", message: { a: [1, 2, 3] } },
          { lane: "control", message: "b" },
          { lane: "taken", message: 7 },
        ],
        [],
      ]);
    }
  });

  it("gives what arrived in one piece together", async () => {
    const { near, heard, settled } = join();
    near.write(Buffer.concat([frame(0, 1), frame(0, 2)]));
    await settled();
    expect(heard).toHaveLength(1);
  });

  it("takes a packet of the most bytes, and stops at one more", async () => {
    const message = "x".repeat(50);
    const most = serialize(message).length + 1;
    const fits = join(most);
    fits.pipe.send("data", message);
    await fits.settled();
    expect(fits.heard.flat()).toHaveLength(1);
    const { pipe, heard, broken, settled } = join(most - 1);
    pipe.send("data", "small");
    pipe.send("data", message);
    pipe.send("data", "after");
    await settled();
    expect(heard.flat()).toEqual([{ lane: "data", message: "small" }]);
    expect(broken).toEqual([`Error: a packet of ${most} bytes, ${most - 1} at most`]);
  });

  it.each([
    ["no known lane", frame(9, 1)],
    ["no lane at all", Buffer.alloc(4)],
    ["a body that is no message", Buffer.concat([Buffer.from([3, 0, 0, 0, 0]), Buffer.from("!!")])],
  ])("says once that it cannot read %s, and hears no more", async (_, bytes) => {
    const { near, heard, broken, settled } = join();
    near.write(bytes);
    near.write(frame(0, "after"));
    await settled();
    expect(heard).toEqual([]);
    expect(broken).toHaveLength(1);
  });

  it("refuses at once what cannot be cloned, and sends nothing of it", async () => {
    const { pipe, heard, settled } = join();
    expect(() => pipe.send("data", () => 1)).toThrow("could not be cloned");
    await settled();
    expect(heard).toEqual([]);
  });

  it("sends nothing into a stream that has ended", async () => {
    const { pipe, near, settled } = join();
    near.destroy();
    pipe.send("data", 1);
    await settled();
  });
});
