import { describe, expect, it } from "vitest";
import { createActor } from "xstate";
import { definitionOf } from "../../src/agents/definition.ts";
import { Inspection } from "../../src/agents/inspection.ts";
import { WatchedAgent } from "../../src/agents/watched-agent.ts";
import { ShownActors } from "../../src/inspect/shown-actors.ts";
import { ManualClock } from "../../src/testing/index.ts";
import { isFromHost } from "../../src/wire/frame-check.ts";
import { type InspectionNote, MAX_NOTES } from "../../src/wire/inspection.ts";
import { summaryOf } from "../../src/wire/summary.ts";
import light from "../fixtures/inspect/traffic-light.ts";

const about = { path: "/a", incarnation: 1, actor: "/a" };
const registered: InspectionNote = { type: "actor", ...about, name: "a" };

describe("a busy actor", () => {
  it("is told of 40 times in a second, and then where it stands and what was left out", () => {
    const clock = new ManualClock();
    const inspection = new Inspection(clock, () => undefined);
    const watched = new WatchedAgent({ path: "/a", incarnation: 1 }, inspection);
    const actor = createActor(light, { inspect: watched.observe }).start();
    const told = (): readonly InspectionNote[] =>
      inspection.take().filter((note) => note.actor === "/a");
    expect(told().map(({ type }) => type)).toEqual(["actor", "event", "snapshot"]);
    // One event and one snapshot each: 19 more pairs are 40 in all.
    for (let n = 1; n <= 19; n += 1) actor.send({ type: "burst" });
    expect(told()).toHaveLength(38);
    expect(clock.armed).toBe(0);
    for (let n = 20; n <= 100; n += 1) actor.send({ type: "burst" });
    expect(told()).toEqual([]);
    clock.advance(1_000);
    expect(told()).toMatchObject([
      { type: "left-out", count: 162 },
      { type: "snapshot", snapshot: { context: { rounds: 100 } } },
    ]);
    actor.send({ type: "next" });
    expect(told().map(({ type }) => type)).toEqual(["event", "snapshot"]);
    watched.close();
    actor.stop();
    expect(told()).toEqual([]);
    expect(clock.armed).toBe(0);
  });

  it("of which one host runs many shares one definition", () => {
    const inspection = new Inspection(new ManualClock(), () => undefined);
    for (const path of ["/a", "/b"]) {
      const watched = new WatchedAgent({ path, incarnation: 1 }, inspection);
      createActor(light, { inspect: watched.observe }).start();
    }
    const actors = inspection.take().filter((note) => note.type === "actor");
    expect(actors).toHaveLength(6);
    expect(actors.filter(({ definition }) => definition !== undefined)).toHaveLength(2);
    expect(new Set(actors.map(({ machine }) => machine)).size).toBe(2);
    expect(new Set(actors.map(({ actor }) => actor)).size).toBe(6);
  });
});

describe("a summary", () => {
  it("keeps to its bound whatever the value is", () => {
    const circle: { [name: string]: unknown } = { name: "circle" };
    circle.self = circle;
    const wide = Object.fromEntries(Array.from({ length: 5_000 }, (_, n) => [`field-${n}`, n]));
    const values = [
      circle,
      wide,
      "x".repeat(100_000),
      Array(5_000).fill("y".repeat(50)),
      new Map(),
    ];
    for (const value of [
      ...values,
      Number.NaN,
      undefined,
      () => 1,
      Symbol("s"),
      10n,
      new Set([1]),
    ]) {
      expect(JSON.stringify(summaryOf(value, 1_000)).length).toBeLessThan(1_600);
    }
    const thrower = {
      get field() {
        throw new Error("no");
      },
    };
    expect(summaryOf(thrower, 100)).toBe("… unreadable: no");
  });

  it("replaces what looks like a secret", () => {
    const secrets = {
      apiKey: "abc",
      password: "abc",
      env: { HOME: "/" },
      headers: { a: "b" },
      accessToken: "abc",
      text: "it is sk-ant-REDACTED12345 and Bearer abcdefgh12345",
    };
    const text = JSON.stringify(summaryOf(secrets, 1_000));
    for (const secret of ["abc", "HOME", "ant-api03"]) expect(text).not.toContain(secret);
    expect(summaryOf({ inputTokens: 5, maxTokens: 6 }, 100)).toEqual({
      inputTokens: 5,
      maxTokens: 6,
    });
  });
});

describe("a definition", () => {
  it("is told without code and data, and not when it is too large", () => {
    const config = {
      id: "m",
      context: { secret: 1 },
      states: { output: { on: { input: "context" } }, context: { entry: () => 1 } },
    };
    expect(definitionOf(config)).toEqual({
      id: "m",
      states: { output: { on: { input: "context" } }, context: { entry: { type: "entry" } } },
    });
    const large = definitionOf({ id: "m", description: "x".repeat(200_000) });
    expect(large).toMatchObject({ id: "m", description: expect.stringMatching(/^Left out/) });
  });
});

describe("what a host cannot know", () => {
  const step = { type: "snapshot", event: {}, snapshot: { status: "active" } } as const;

  it.each<[string, InspectionNote]>([
    ["an actor outside of its agent", { ...registered, actor: "/b" }],
    ["an actor beside its agent", { ...registered, actor: "/ab/@x", parent: "/a" }],
    ["a parent outside of its agent", { ...registered, actor: "/a/@x", parent: "/b" }],
    ["a child without a parent", { ...registered, actor: "/a/@x" }],
    ["a step of an actor that was never told of", { ...step, ...about, actor: "/a/@y" }],
  ])("is not shown: %s", (_, note) => {
    const shown = new ShownActors();
    shown.take("user-code-1", registered, 0);
    expect(shown.take("user-code-1", note, 0)).toEqual([]);
    expect([...shown.all(0)]).toHaveLength(1);
  });

  it("is bounded for each agent and each snapshot", () => {
    const shown = new ShownActors();
    shown.take("user-code-1", registered, 0);
    for (let n = 0; n < 1_000; n += 1) {
      shown.take("user-code-1", { ...registered, actor: `/a/@${n}`, parent: "/a" }, 0);
    }
    expect([...shown.all(0)]).toHaveLength(200);
    const large = { ...step, ...about, snapshot: { status: "active", text: "x".repeat(30_000) } };
    expect(shown.take("user-code-1", large, 0)).toEqual([]);
  });

  it("is no frame when it has not its form", () => {
    const frames: readonly unknown[] = [];
    const good = { frames, inspection: [registered, { ...step, ...about }] };
    expect(isFromHost(good)).toBe(true);
    expect(isFromHost({ frames, inspection: Array(MAX_NOTES).fill(registered) })).toBe(true);
    const bad = [
      {},
      [null],
      [{ ...registered, type: "other" }],
      [{ ...registered, path: 1 }],
      [{ ...registered, machine: -1 }],
      [{ ...registered, definition: () => 1 }],
      [{ ...step, ...about, snapshot: Number.NaN }],
      Array(MAX_NOTES + 1).fill(registered),
    ];
    for (const inspection of bad) expect(isFromHost({ frames, inspection })).toBe(false);
  });
});
