import { expect, it } from "vitest";
import { MAX_PRINTED, PrintGate } from "../../src/wire/printed.ts";

const print = (text: string) => ({ stream: "stdout", text }) as const;

it("passes fifty prints at once, tells once that more is left out, and then ten a second", () => {
  const gate = new PrintGate();
  const all = Array.from({ length: 60 }, () => gate.pass(print("abc"), 1_000));
  expect(all.slice(0, 50)).toEqual(all.slice(0, 50).map(() => print("abc")));
  expect(all[50]).toEqual({ ...print(""), leftOut: 3 });
  expect(all.slice(51)).toEqual(all.slice(51).map(() => undefined));
  expect(gate.pass(print("late"), 1_099)).toBeUndefined();
  // Nine pieces of three characters and one of four.
  expect(gate.pass(print("now"), 1_200)).toEqual({ ...print("now"), leftOut: 31 });
});

it("cuts a print at its bound, and says by how much", () => {
  const gate = new PrintGate();
  expect(gate.pass(print("x".repeat(MAX_PRINTED)), 0)).not.toHaveProperty("leftOut");
  const cut = gate.pass({ ...print("x".repeat(MAX_PRINTED + 1)), leftOut: 2 }, 0);
  expect([cut?.text.length, cut?.leftOut]).toEqual([MAX_PRINTED, 3]);
});

it("does not open sooner where time goes back", () => {
  const gate = new PrintGate();
  for (let n = 0; n < 51; n += 1) gate.pass(print("a"), 5_000);
  expect(gate.pass(print("a"), 0)).toBeUndefined();
  expect(gate.pass(print("a"), 50)).toBeUndefined();
});
