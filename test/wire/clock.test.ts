import { expect, it } from "vitest";
import { ManualClock } from "../../src/testing/manual-clock.ts";
import { type Clock, MAX_TIMER_MS, withLongDelays } from "../../src/wire/clock.ts";

/** Its timers fire at once where their delay is too long, as Node's do. */
class NodeLike extends ManualClock {
  override setTimeout(run: () => void, delayMs: number): unknown {
    return super.setTimeout(run, delayMs > MAX_TIMER_MS ? 1 : delayMs);
  }
}

function nodeLike(): { readonly clock: Clock; readonly manual: ManualClock } {
  const manual = new NodeLike();
  return { clock: withLongDelays(manual), manual };
}

it.each([0, 1, MAX_TIMER_MS, MAX_TIMER_MS + 1, 3 * MAX_TIMER_MS, 1e12])(
  "a timer of %d ms fires once, when it is due",
  (delayMs) => {
    const { clock, manual } = nodeLike();
    let fired = 0;
    clock.setTimeout(() => {
      fired += 1;
    }, delayMs);
    if (delayMs > 0) manual.advance(delayMs - 1);
    expect(fired).toBe(0);
    manual.advance(1);
    expect(fired).toBe(1);
    manual.advance(2 * MAX_TIMER_MS);
    expect([fired, manual.armed]).toEqual([1, 0]);
  },
);

it.each([5, 2 * MAX_TIMER_MS])("a timer of %d ms that is cleared never fires", (delayMs) => {
  const { clock, manual } = nodeLike();
  const timer = clock.setTimeout(() => expect.unreachable(), delayMs);
  manual.advance(delayMs / 2 + 1);
  clock.clearTimeout(timer);
  manual.advance(delayMs);
  expect(manual.armed).toBe(0);
});
