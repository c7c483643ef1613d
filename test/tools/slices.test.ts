import { expect, it } from "vitest";
import { inSlices } from "../../src/tools/slices.ts";

function* work(steps: number, forMs = 0): Generator<undefined, string> {
  for (let step = 0; step < steps; step += 1) {
    const end = performance.now() + forMs;
    while (performance.now() < end);
    yield;
  }
  return "done";
}

it("does short work at once", async () => {
  let atOnce = 0;
  // The machine may be away for longer than a slice, but not each time.
  for (let attempt = 0; attempt < 20; attempt += 1) {
    let isTurned = false;
    const turn = setImmediate(() => {
      isTurned = true;
    });
    expect(await inSlices(work(3))).toBe("done");
    if (!isTurned) atOnce += 1;
    clearImmediate(turn);
  }
  expect(atOnce).toBeGreaterThan(0);
});

it("lets the thread do other things between the slices of long work", async () => {
  let turns = 0;
  let isDone = false;
  const turn = (): void => {
    turns += 1;
    if (!isDone) setImmediate(turn);
  };
  turn();
  await inSlices(work(40, 1));
  isDone = true;
  expect(turns).toBeGreaterThan(3);
});

it("ends with the reason of its signal", async () => {
  const abort = new AbortController();
  const working = inSlices(work(1_000, 1), abort.signal);
  abort.abort(new Error("enough"));
  await expect(working).rejects.toThrow("enough");
});

it("fails with what a step throws", async () => {
  const failing = (function* () {
    yield;
    throw new SyntaxError("odd");
  })();
  await expect(inSlices(failing)).rejects.toThrow("odd");
});
