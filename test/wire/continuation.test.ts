import { expect, it } from "vitest";
import {
  answerIn,
  CUT_OFF,
  continuations,
  GO_ON,
  lastAnswer,
  RESUME,
  turnLength,
} from "../../src/wire/continuation.ts";
import type { Block, TurnMessage } from "../../src/wire/transcript.ts";

const user = (content: TurnMessage["content"]): TurnMessage => ({ role: "user", content });
const model = (content: TurnMessage["content"]): TurnMessage => ({ role: "assistant", content });
const use: Block = { type: "tool_use", id: "u1", name: "add", input: {} };
const text = (said: string): Block => ({ type: "text", text: said });
const calling = (said: string) => model([text(said), use]);
const results = (content: string, more: readonly Block[] = []): TurnMessage =>
  user([{ type: "tool_result", tool_use_id: "u1", content, is_error: true }, ...more]);
const omits = (count: number): TurnMessage => ({ role: "user", content: [], omits: count });

it("joins an answer over cuts and pauses", () => {
  const said = [user("go"), model("a"), user([GO_ON]), model("b"), user([RESUME]), model("c")];
  expect(answerIn(said)).toBe("abc");
  expect(lastAnswer(said)).toBe("abc");
  expect([continuations(said), turnLength(said)]).toEqual([1, 6]);
});

it("falls back to what was said beside the calls of the same turn, and of no other", () => {
  const turn = [calling("it is 5"), results("ok"), model([use]), results("ok")];
  expect(answerIn([user("go"), ...turn])).toBe("it is 5");
  expect(answerIn([user("go"), ...turn, model([])])).toBe("it is 5");
  expect(answerIn([user("go"), model("old"), user("and?")])).toBe("");
  expect(answerIn([user("go"), model("old"), user("and?"), calling(""), results("ok")])).toBe("");
  expect(answerIn([])).toBe("");
});

it("finds where a turn began: at a message that is no result and no wish to go on", () => {
  const old = [user("go"), model("old")];
  const turn = [user([text("and?")]), calling("a"), results("ok", [text("hurry")]), model("b")];
  expect(turnLength([...old, ...turn])).toBe(4);
  expect(turnLength([...old, ...turn, user([GO_ON, text("hurry")]), model("c")])).toBe(6);
  expect(turnLength([...old, ...turn.slice(0, 3), user("hurry")])).toBe(4);
  expect(turnLength([...old, user("and?"), user("hurry")])).toBe(2);
  expect(turnLength([user("go")])).toBe(1);
  expect(turnLength([])).toBe(0);
});

it("counts a call that was cut as a cut, where no other was made", () => {
  const cut = results(`MODEL_FAILED: The call of add ${CUT_OFF}`);
  expect(continuations([user("go"), model([use]), cut, model([use]), cut])).toBe(2);
  const beside = user([{ type: "tool_result", tool_use_id: "u0", content: "ok" }]);
  const both = user([...(beside.content as Block[]), ...(cut.content as Block[])]);
  expect(continuations([user("go"), model("a"), user([GO_ON]), calling("b"), both])).toBe(0);
});

it("does not take for the last answer what was left out", () => {
  const turn = [user("odd"), calling("half"), results("ok"), model("no")];
  expect(lastAnswer([user("go"), model("good"), ...turn, omits(4)])).toBe("good");
  const twice = [user("go"), model("good"), user("a"), model("x"), omits(2), user("b"), omits(1)];
  expect(lastAnswer(twice)).toBe("good");
  expect(lastAnswer([...twice, user("c"), model("better")])).toBe("better");
  expect(lastAnswer([user("odd"), model("no"), omits(2)])).toBeUndefined();
});
