import { MessageChannel } from "node:worker_threads";
import { expose } from "comlink";
import { afterEach, describe, expect, it } from "vitest";
import { closedMs, openControl } from "../../src/hosts/control.ts";
import { ManualClock } from "../../src/testing/manual-clock.ts";

let far: MessageChannel["port1"];
afterEach(() => far.close());

const begin = () => {
  const clock = new ManualClock();
  const { port1, port2 } = new MessageChannel();
  far = port2;
  const control = openControl(port1, "library-1", clock);
  const ask = (deadlineMs = 50) => control.ask("a ping", (remote) => remote.ping(), deadlineMs);
  return { clock, control, ask };
};
const lost = { code: "HOST_LOST", details: { host: "library-1" } };

describe("a control call", () => {
  it("gets its answer and leaves no timer", async () => {
    const { ask, clock } = begin();
    expose({ ping: () => ({ threadId: 9 }) }, far);
    expect(await ask()).toEqual({ threadId: 9 });
    expect(clock.armed).toBe(0);
  });

  it("rejects with what was thrown there", async () => {
    const { ask } = begin();
    const ping = () => {
      throw new Error("not now");
    };
    expose({ ping }, far);
    await expect(ask()).rejects.toThrow("not now");
  });

  it("in flight is rejected when the host dies, and so is every later one", async () => {
    const { ask, control, clock } = begin();
    const inFlight = ask();
    control.close("its thread exited with code 3");
    await expect(inFlight).rejects.toMatchObject(lost);
    await expect(inFlight).rejects.toThrow("exited with code 3");
    await expect(ask()).rejects.toThrow("exited with code 3");
    expect(clock.armed).toBe(0);
  });

  it("is rejected at its deadline, and not before", async () => {
    const { ask, clock } = begin();
    const late = ask();
    clock.advance(49);
    expect(clock.armed).toBe(1);
    clock.advance(1);
    await expect(late).rejects.toThrow("did not answer in 50 ms");
  });

  it("is rejected soon after the other side has closed the port", async () => {
    const { ask, clock } = begin();
    const inFlight = ask(10 * closedMs);
    far.close();
    await expect.poll(() => clock.armed).toBe(2);
    clock.advance(closedMs);
    await expect(inFlight).rejects.toThrow("closed its control port");
  });
});
