import assert from "node:assert/strict";
import { test } from "node:test";
import { convert } from "./currency.js";

test("converts and rounds to cents", () => {
  assert.equal(convert(10, "EUR", "CHF"), 9.4);
});

test("refuses a currency that it does not know", () => {
  assert.throws(() => convert(1, "EUR", "XXX"), RangeError);
});
