import { describe, expect, it } from "vitest";
import { Driver } from "./driver.ts";

/** Two machines, of which the first watches the second. */
function watching() {
  const driver = new Driver();
  const watcher = driver.spawn(driver.root, { name: "watcher", loop: false });
  const watched = driver.spawn(driver.root, { name: "watched", loop: false });
  for (const node of [watcher, watched]) driver.frame(node);
  const callId = driver.ask(watcher, { type: "watch", to: "watched" });
  driver.do((kernel) => kernel.watch(watcher, callId, watched));
  return { driver, watcher, watched, callId };
}

describe("a watch", () => {
  it("is settled with the outcome, and holds no slot until then", () => {
    const { driver, watcher, watched, callId } = watching();
    expect(watcher.slot).toBe(false);
    expect(driver.bodies(watcher)).toEqual([]);
    driver.complete(watched, "over");
    const value = { name: "watched", path: "/watched", status: "completed", output: "over" };
    const result = { isError: false, value };
    expect(driver.bodies(watcher)).toEqual([{ type: "result", callId, result }]);
    expect(watched.watchers).toBeUndefined();
  });

  it("of an agent whose children still end waits for the last of them", () => {
    const { driver, watcher, watched } = watching();
    const child = driver.spawn(watched);
    driver.frame(child);
    driver.complete(watched);
    expect(driver.bodies(watcher)).toEqual([]);
    driver.ended(child);
    expect(driver.bodies(watcher)).toMatchObject([{ type: "result" }]);
  });

  it("tells of one that was killed for what it did why it was", () => {
    const { driver, watcher, watched } = watching();
    driver.host = "h2";
    const running = [{ path: watched.path, incarnation: 1 }];
    driver.do((kernel) =>
      kernel.loseHost("h1", { reason: "it froze", blame: { cause: "froze", running } }),
    );
    const value = { status: "killed", error: { code: "HOST_LOST" } };
    expect(driver.bodies(watcher)).toMatchObject([{ type: "result", result: { value } }]);
  });

  it("is forgotten with its watcher", () => {
    const { driver, watcher, watched } = watching();
    driver.complete(watcher);
    expect(watched.watchers?.size).toBe(0);
    driver.complete(watched);
    expect(driver.bodies(watcher)).toEqual([]);
  });

  it("is settled at once when the other has ended", () => {
    const { driver, watcher, watched } = watching();
    driver.complete(watched);
    const callId = driver.ask(watcher, { type: "watch", to: "watched" });
    driver.do((kernel) => kernel.watch(watcher, callId, watched));
    expect(driver.bodies(watcher)).toMatchObject([{ type: "result" }, { type: "result", callId }]);
  });
});

describe("an agent whose grace is over", () => {
  it("is dropped alone when its host has answered the order to end", () => {
    const { driver, watched } = watching();
    driver.cancel(watched);
    driver.frame(watched);
    driver.tick(4_999);
    expect(watched.end).toBeUndefined();
    driver.tick(5_000);
    expect(watched.end).toMatchObject({ status: "killed", reason: "enough" });
    expect(driver.of("drop")).toMatchObject([{ node: { path: "/watched" }, host: "h1" }]);
    expect(driver.of("terminate")).toEqual([]);
  });

  it("takes its host with it when that has not answered", () => {
    const { driver, watched } = watching();
    driver.cancel(watched);
    driver.tick(5_000);
    expect(watched.end).toBeUndefined();
    expect(driver.of("terminate")).toMatchObject([{ host: "h1" }]);
  });
});
