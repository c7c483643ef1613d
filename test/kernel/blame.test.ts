import { describe, expect, it } from "vitest";
import type { Blame } from "../../src/kernel/blame.ts";
import type { Node } from "../../src/kernel/node.ts";
import { MAX_QUARANTINED } from "../../src/kernel/shared-root.ts";
import { Driver } from "./driver.ts";

type Cause = Blame["cause"];

function lose(driver: Driver, cause?: Cause, guilty: readonly Node[] = [], n?: number): void {
  const lost = driver.host;
  driver.host = `${lost}+`;
  const running = guilty.map(({ path, incarnation }) => {
    return { path, incarnation, ...(n === undefined ? {} : { n }) };
  });
  const blame = cause === undefined ? undefined : { cause, running };
  driver.do((kernel) => kernel.loseHost(lost, { reason: "it was silent", blame }));
}

const machine = (driver: Driver, name = "m") => {
  const node = driver.spawn(driver.root, { name, loop: false });
  driver.frame(node, [], { state: { at: name } });
  return node;
};
const tell = (driver: Driver, node: Node, message: string) =>
  driver.do((kernel) => kernel.tell(node, "/", message));
const texts = (driver: Driver, node: Node) =>
  driver.bodies(node).map((body) => (body.type === "message" ? body.message : body.type));

describe("who brought its host down", () => {
  it.each([
    ["froze", "HOST_LOST", "It ran away and froze its host: it was silent"],
    ["exited", "HOST_LOST", "It ended its host: it was silent"],
    ["out-of-memory", "OUT_OF_MEMORY", "OUT_OF_MEMORY: it was silent"],
  ] as const)("and %s ends killed, with the code %s", (cause, code, reason) => {
    const driver = new Driver();
    const [guilty, other] = [machine(driver), machine(driver)];
    lose(driver, cause, [guilty]);
    expect(guilty.end).toMatchObject({ status: "killed", reason, error: { code } });
    expect(other).toMatchObject({ end: undefined, host: "h1+", state: { at: "m" }, moves: 0 });
  });

  it("costs its neighbours nothing, however often it is found", () => {
    const driver = new Driver();
    const other = machine(driver, "other");
    driver.tool(other);
    for (let n = 0; n < 20; n += 1) lose(driver, "froze", [machine(driver)]);
    expect(other).toMatchObject({ end: undefined, moves: 0 });
    expect(driver.of("request")).toHaveLength(1);
  });

  it("costs them nothing either when it was killed because its grace was over", () => {
    const driver = new Driver();
    const other = machine(driver, "other");
    driver.tool(other);
    for (let n = 0; n < 20; n += 1) {
      const stubborn = machine(driver);
      driver.cancel(stubborn);
      driver.tick(driver.now + 5_000);
      expect(driver.of("terminate")).toHaveLength(n + 1);
      lose(driver);
      expect(stubborn.end).toMatchObject({ status: "killed" });
    }
    expect(other).toMatchObject({ end: undefined, moves: 0 });
  });

  it("takes its children along, wherever they live, and what streams for them is settled", () => {
    const driver = new Driver();
    const guilty = machine(driver);
    const [near, far] = [driver.spawn(guilty), driver.spawn(guilty)];
    const callId = driver.think(near);
    driver.do((kernel) => kernel.loseHost("nowhere", { reason: "it died" }));
    lose(driver, "froze", [guilty]);
    expect(driver.of("model-lost")).toMatchObject([{ callId }]);
    for (const child of [near, far]) {
      expect(child.end).toMatchObject({ status: "cancelled", reason: "parent-ended" });
    }
    expect(guilty.end).toMatchObject({ status: "killed" });
  });

  it("keeps the cause for which it was being ended, because the first one wins", () => {
    const driver = new Driver();
    const guilty = machine(driver);
    driver.tool(guilty);
    driver.cancel(guilty, "enough");
    lose(driver, "froze", [guilty]);
    expect(guilty.end).toMatchObject({ status: "cancelled", reason: "enough" });
  });

  it("is not its next incarnation, nor an agent that lives elsewhere", () => {
    const driver = new Driver();
    driver.host = "h0";
    const elsewhere = machine(driver, "elsewhere");
    driver.host = "h1";
    const node = machine(driver);
    const running = [
      { path: node.path, incarnation: 2 },
      { path: elsewhere.path, incarnation: 1 },
      { path: "/never-was", incarnation: 1 },
    ];
    driver.host = "h2";
    driver.do((kernel) =>
      kernel.loseHost("h1", { reason: "it froze", blame: { cause: "froze", running } }),
    );
    expect(node).toMatchObject({ end: undefined, host: "h2" });
    expect(elsewhere).toMatchObject({ end: undefined, host: "h0" });
  });

  it("does not get the message again in which it did that, but those behind it", () => {
    const driver = new Driver();
    const guilty = driver.spawn(driver.root, { loop: false, restart: "transient" });
    driver.frame(guilty);
    for (const message of ["fine", "poison", "behind"]) tell(driver, guilty, message);
    lose(driver, "froze", [guilty], 2);
    expect(guilty.end).toBeUndefined();
    driver.delivered.clear();
    driver.tick(60_000);
    expect(guilty).toMatchObject({ incarnation: 2, host: "h1+" });
    expect(texts(driver, guilty)).toEqual(["behind"]);
  });
});

describe("when nobody is known to have run", () => {
  const suspects = (driver: Driver, count: number): Node[] =>
    Array.from({ length: count }, (_, n) => {
      const node = machine(driver, `s${n}`);
      tell(driver, node, "take this");
      return node;
    });
  const places = (driver: Driver) =>
    driver.of("place").filter(({ moved }) => moved) as readonly { node: Node; alone?: true }[];

  it("nobody is charged, and who cannot have run moves at once with the others", () => {
    const driver = new Driver();
    const [idle, calling] = [machine(driver, "idle"), machine(driver, "calling")];
    driver.tool(calling);
    const [suspect] = suspects(driver, 1) as [Node];
    lose(driver, "froze");
    expect(places(driver)).toMatchObject([
      { node: idle },
      { node: calling },
      { node: suspect, alone: true },
    ]);
    expect(
      places(driver)
        .slice(0, 2)
        .map(({ alone }) => alone),
    ).toEqual([undefined, undefined]);
    for (const node of [idle, calling, suspect]) expect(node.end).toBeUndefined();
    expect(idle.moves + calling.moves).toBe(0);
  });

  it("those who may have go on alone, a few at a time, each until its first step", () => {
    const driver = new Driver();
    const all = suspects(driver, MAX_QUARANTINED + 2);
    lose(driver, "froze");
    const leftQuarantine = () => places(driver).filter(({ alone }) => alone);
    expect(leftQuarantine().map(({ node }) => node)).toEqual(all.slice(0, MAX_QUARANTINED));
    expect(all.at(-1)).toMatchObject({ host: undefined, end: undefined });
    driver.frame(all[1] as Node);
    expect(leftQuarantine()).toHaveLength(MAX_QUARANTINED + 1);
    driver.frame(all[0] as Node);
    expect(leftQuarantine().map(({ node }) => node)).toEqual([0, 1, 2, 3, 4, 5].map((n) => all[n]));
    for (const node of all) expect(texts(driver, node)).toEqual(["take this", "take this"]);
  });

  it("a time alone is over too when its agent is found to be the one", () => {
    const driver = new Driver();
    const all = suspects(driver, MAX_QUARANTINED + 1);
    lose(driver, "froze");
    const [guilty] = all as [Node];
    driver.do((kernel) => kernel.tree.locations.settle(guilty, "its own"));
    const running = [{ path: guilty.path, incarnation: 1 }];
    driver.do((kernel) =>
      kernel.loseHost("its own", { reason: "froze", blame: { cause: "froze", running } }),
    );
    expect(guilty.end).toMatchObject({ status: "killed" });
    expect(all.at(-1)).toMatchObject({ host: "h1+" });
  });

  it("a time alone in which nothing happens is over after the grace, and the next begins", () => {
    const driver = new Driver({}, 1_000);
    const all = suspects(driver, MAX_QUARANTINED + 1);
    lose(driver, "froze");
    driver.tick(999);
    expect(all.at(-1)).toMatchObject({ host: undefined });
    driver.tick(1_000);
    expect(all.at(-1)).toMatchObject({ host: "h1+" });
  });

  it("one who has a host of its own returns to the others with its first step", () => {
    const driver = new Driver();
    const [node] = suspects(driver, 1) as [Node];
    lose(driver, "froze");
    driver.do((kernel) => kernel.isOnOwnHost(node));
    driver.host = "shared";
    driver.frame(node, [], { value: "further", host: "h1+" });
    expect(node.host).toBe("shared");
    expect(driver.of("drop")).toMatchObject([{ node, host: "h1+" }]);
    expect(places(driver).at(-1)).not.toHaveProperty("alone");
    // What its last host still says of it is late, and no forgery.
    driver.frame(node, [], { value: "late", host: "h1+" });
    expect(driver.of("terminate")).toEqual([]);
    expect(node.value).toBe("further");
  });

  it("but not while something runs for it there that would have to begin again", () => {
    const driver = new Driver();
    const [node] = suspects(driver, 1) as [Node];
    lose(driver, "froze");
    driver.do((kernel) => kernel.isOnOwnHost(node));
    driver.host = "shared";
    driver.frame(node, [], { busy: true, host: "h1+" });
    expect(node.host).toBe("h1+");
    driver.frame(node, [], { busy: false, host: "h1+" });
    expect(node.host).toBe("shared");
  });

  it("one who ends alone is kept by nobody", () => {
    const driver = new Driver();
    const [node] = suspects(driver, 1) as [Node];
    lose(driver, "froze");
    driver.do((kernel) => kernel.isOnOwnHost(node));
    driver.complete(node);
    const { open, alone, waiting } = driver.kernel.tree.quarantine;
    expect([open.size, alone.size, waiting.size]).toEqual([0, 0, 0]);
  });

  it("who freezes its host again is the one", () => {
    const driver = new Driver();
    const [first, second] = suspects(driver, 2) as [Node, Node];
    lose(driver, "froze");
    driver.frame(second);
    lose(driver, "froze", [first]);
    expect(first.end).toMatchObject({ status: "killed" });
    expect(second.end).toBeUndefined();
  });

  it("one who ends while it waits to run alone does not stand in line any more", () => {
    const driver = new Driver();
    const nodes = suspects(driver, MAX_QUARANTINED + 1);
    lose(driver, "froze");
    const untried = () => (driver.shared.saved as { untried: ReadonlySet<Node> }).untried;
    const [waiting] = untried();
    expect(nodes).toContain(waiting);
    driver.cancel(waiting as Node);
    expect(untried().size).toBe(0);
  });

  it("one who is ended while it waits to run alone is left out", () => {
    const driver = new Driver();
    const all = suspects(driver, MAX_QUARANTINED + 2);
    lose(driver, "froze");
    const [waiting, last] = all.slice(MAX_QUARANTINED) as [Node, Node];
    driver.cancel(waiting, "enough");
    expect(waiting.end).toMatchObject({ status: "cancelled", reason: "enough" });
    driver.frame(all[0] as Node);
    expect(last.host).toBe("h1+");
  });
});
