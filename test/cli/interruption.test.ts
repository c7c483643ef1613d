import { EventEmitter } from "node:events";
import { expect, it } from "vitest";
import { Interruption } from "../../src/cli/interruption.ts";

function begin() {
  const [source, said] = [new EventEmitter(), [] as string[]];
  let now = 0;
  const on = {
    first: (signal: string) => void said.push(`first ${signal}`),
    again: (signal: string, count: number) => void said.push(`${signal} ${count}`),
  };
  const interruption = new Interruption(on, { source, now: () => now });
  const at = (time: number, ...signals: string[]) => {
    now = time;
    for (const signal of signals) source.emit(signal, signal);
  };
  return { at, said, source, interruption };
}

it("takes two SIGINTs within 300 ms for one, and counts the next", () => {
  const { at, said } = begin();
  at(1_000, "SIGINT", "SIGINT");
  at(1_299, "SIGINT");
  expect(said).toEqual(["first SIGINT"]);
  at(1_300, "SIGINT", "SIGINT");
  expect(said).toEqual(["first SIGINT", "SIGINT 2"]);
  at(1_599, "SIGINT");
  at(1_600, "SIGINT");
  expect(said).toEqual(["first SIGINT", "SIGINT 2", "SIGINT 3"]);
});

it("does not wait for whoever keeps pressing", () => {
  const { at, said } = begin();
  for (let time = 0; time <= 400; time += 100) at(time, "SIGINT");
  expect(said).toEqual(["first SIGINT", "SIGINT 2"]);
});

it("counts another signal at once", () => {
  const { at, said } = begin();
  at(0, "SIGINT", "SIGTERM");
  expect(said).toEqual(["first SIGINT", "SIGTERM 2"]);
});

it("hears nothing once it is over", () => {
  const { at, said, source, interruption } = begin();
  interruption[Symbol.dispose]();
  at(0, "SIGINT");
  expect([said, source.eventNames()]).toEqual([[], []]);
});
