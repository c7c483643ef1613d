import { MessageChannel } from "node:worker_threads";
import { expose } from "comlink";
import { afterEach, describe, expect, it } from "vitest";
import { closedMs, openControl } from "../../src/hosts/control.ts";

interface Timer {
  readonly run: () => void;
  readonly ms: number;
}

let far: MessageChannel["port1"];
afterEach(() => far.close());

const begin = () => {
  const timers = new Set<Timer>();
  const clock = {
    now: () => 0,
    wall: () => 0,
    setTimeout: (run: () => void, ms: number) => {
      const timer = { run, ms };
      timers.add(timer);
      return timer;
    },
    clearTimeout: (timer: unknown) => void timers.delete(timer as Timer),
  };
  const { port1, port2 } = new MessageChannel();
  far = port2;
  const control = openControl(port1, "house-1", clock);
  const ask = () => control.ask("a ping", (remote) => remote.ping(), 50);
  return { timers, control, ask };
};
const lost = { code: "HOST_LOST", details: { host: "house-1" } };

describe("a control call", () => {
  it("gets its answer and leaves no timer", async () => {
    const { ask, timers } = begin();
    expose({ ping: () => ({ threadId: 9 }) }, far);
    expect(await ask()).toEqual({ threadId: 9 });
    expect(timers.size).toBe(0);
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
    const { ask, control, timers } = begin();
    const inFlight = ask();
    control.close("its thread exited with code 3");
    await expect(inFlight).rejects.toMatchObject(lost);
    await expect(inFlight).rejects.toThrow("exited with code 3");
    await expect(ask()).rejects.toThrow("exited with code 3");
    expect(timers.size).toBe(0);
  });

  it("is rejected at its deadline, and not before", async () => {
    const { ask, timers } = begin();
    const late = ask();
    const [timer] = timers;
    expect(timer?.ms).toBe(50);
    timer?.run();
    await expect(late).rejects.toThrow("did not answer in 50 ms");
  });

  it("is rejected soon after the other side has closed the port", async () => {
    const { ask, timers } = begin();
    const inFlight = ask();
    far.close();
    const closing = () => [...timers].find(({ ms }) => ms === closedMs);
    await expect.poll(closing).toBeDefined();
    closing()?.run();
    await expect(inFlight).rejects.toThrow("closed its control port");
  });
});
