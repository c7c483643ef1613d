import { afterEach, describe, expect, it, vi } from "vitest";
import { type LifeActions, startLife } from "../../src/hosts/life.ts";
import { systemClock } from "../../src/wire/clock.ts";

const silent: LifeActions = {
  announceStarted: () => undefined,
  announceSuspect: () => undefined,
  terminate: () => undefined,
  announceStuck: () => undefined,
  announceGone: () => undefined,
};

describe("the end of a host", () => {
  afterEach(() => vi.restoreAllMocks());

  it("may open and terminate others where it is heard of", () => {
    const warned = vi.spyOn(console, "warn").mockImplementation(() => undefined);
    const heard: string[] = [];
    const first = startLife("first", 1_000, systemClock, {
      ...silent,
      announceGone: () => {
        const next = startLife("next", 1_000, systemClock, {
          ...silent,
          terminate: () => heard.push("next"),
        });
        next.send({ type: "host.terminated", reason: "the test ended it" });
        next.send({ type: "host.exited", reason: "it left" });
        heard.push("first");
      },
    });
    first.send({ type: "host.exited", reason: "it left" });
    expect(heard).toEqual(["next", "first"]);
    expect(warned).not.toHaveBeenCalled();
  });
});
