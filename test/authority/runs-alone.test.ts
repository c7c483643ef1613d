import { describe, expect, it } from "vitest";
import fc from "../fixtures/properties.ts";
import { type Row, replayAlone } from "./runs-history.ts";
import { History, options, schedule } from "./runs-schedule.ts";

describe("arbiter: one run of several, taken again alone from its own steps and answers", () => {
  it("has decided, warned and charged the same, and stands as it stood", () => {
    const seen = new Set<string>();
    const property = fc.property(options, schedule, (options, { runs, steps }) => {
      const history = new History(options, runs);
      for (const step of steps) history.take(step);
      for (const run of history.runs) {
        const rows = history.of(run);
        expect(replayAlone(options, rows)).toBeUndefined();
        // And no step of another run has changed anything of it.
        if (rows.length > 0) expect(history.scene.savedOf(run)).toBe(rows.at(-1)?.saved);
      }
      for (const row of history.rows) note(seen, row);
    });
    fc.assert(property, { numRuns: 220 });
    const needed = ["model granted", "model waiting", "model refused", "model ask", "tool ask"];
    needed.push("tool granted", "tool refused", "woke granted", "woke refused", "woke undefined");
    needed.push("warned", "to use", "to lapse", "to remember", "to grow", "to may-ever", "settled");
    expect(needed.filter((one) => !seen.has(one))).toEqual([]);
  });

  it("differs where one of its answers was another", () => {
    let falsified = 0;
    const property = fc.property(options, schedule, fc.nat(), (options, { runs, steps }, at) => {
      const history = new History(options, runs);
      for (const step of steps) history.take(step);
      const run = history.runs[at % runs] as string;
      const rows = history.of(run);
      const some = rows.flatMap((row, n) =>
        row.answers.flatMap((text, k) => {
          const other = falsify(row, text);
          return other === undefined ? [] : [{ n, k, other }];
        }),
      );
      const one = some[at % Math.max(1, some.length)];
      if (one === undefined) return;
      const answers = rows[one.n]!.answers.with(one.k, one.other);
      const forged = rows.with(one.n, { ...rows[one.n]!, answers });
      expect([one.other, replayAlone(options, forged)]).not.toEqual([one.other, undefined]);
      falsified += 1;
    });
    fc.assert(property, { numRuns: 150 });
    expect(falsified).toBeGreaterThan(100);
  });
});

function note(seen: Set<string>, { action, outcome, answers }: Row): void {
  const told = JSON.parse(outcome) as { outcome?: { status?: string }; warnings: unknown[] };
  seen.add(`${action.do} ${told.outcome?.status}`);
  if (told.warnings.length > 0) seen.add("warned");
  if (action.do === "settle" && told.outcome !== undefined) seen.add("settled");
  for (const text of answers) seen.add(`to ${(JSON.parse(text) as { to: string }).to}`);
}

const refused = { status: "refused", bound: "total", account: "/", unit: "tokens" };

/** The answer as another one; undefined where nothing would come of it. */
function falsify({ action }: Row, text: string): string | undefined {
  const { to, answer } = JSON.parse(text);
  const say = (other: unknown) => JSON.stringify({ to, answer: other });
  if (to === "reserve" || to === "wake") {
    const isClipped = answer.steps > 0 && action.do === "model" && action.exact === undefined;
    if (isClipped) return say({ ...answer, steps: answer.steps - 1 });
    if (answer.status !== "granted") return say({ status: "granted", steps: 0 });
    return say({ ...refused, limit: 1, spent: 1, reserved: 0, asked: 1 });
  }
  if (to === "lapse") return action.do === "open" ? say(answer + 1) : undefined;
  if (to === "may-ever") return say(Array.isArray(answer) ? answer.map((may) => !may) : !answer);
  if (to === "right") return say({ status: "denied", node: "/", subject: "other" });
  return undefined;
}
