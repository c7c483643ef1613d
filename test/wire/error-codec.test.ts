import { expect, it } from "vitest";
import { CoppiceError, type ErrorDetails } from "../../src/errors.ts";
import { decodeError, encodeError } from "../../src/wire/error-codec.ts";

const withDetails = (details: object): CoppiceError =>
  new CoppiceError("MODEL_FAILED", "It failed", details as ErrorDetails);
const withField = (field: string, value: unknown): CoppiceError =>
  Object.assign(withDetails({}), { [field]: value });
const circle: { itself?: unknown } = {};
circle.itself = circle;

it("keeps code, message, details and stack of an error", () => {
  const error = withDetails({ status: 503, nested: { of: ["a", null] } });
  const back = decodeError(structuredClone(encodeError(error, "TOOL_FAILED")));
  const { code, message, details, stack } = error;
  expect(back).toMatchObject({ code, message, details, stack });
});

it.each<[string, unknown]>([
  ["a function", () => 1],
  ["a symbol", Symbol("s")],
  ["a BigInt", 1n],
  ["a circle", circle],
  ["NaN", Number.NaN],
  ["a map", new Map()],
  ["nothing", undefined],
])("leaves out of the details what no JSON can hold: %s", (_, bad) => {
  expect(encodeError(withDetails({ bad, good: 1 }), "TOOL_FAILED").details).toEqual({ good: 1 });
});

it.each<[string, unknown, object]>([
  ["code", "NO_SUCH_CODE", { code: "TOOL_FAILED" }],
  ["code", "toString", { code: "TOOL_FAILED" }],
  ["code", 5, { code: "TOOL_FAILED" }],
  ["message", 5, { message: "5" }],
  ["details", null, { details: {} }],
  ["details", 5, { details: {} }],
])("mends an error whose %s somebody has made %j", (field, value, mended) => {
  const encoded = encodeError(withField(field, value), "TOOL_FAILED");
  expect(encoded).toMatchObject(mended);
  expect(() => JSON.stringify(structuredClone(encoded))).not.toThrow();
});

it("leaves out a stack that is no text", () => {
  expect(
    encodeError(
      withField("stack", () => 1),
      "TOOL_FAILED",
    ),
  ).not.toHaveProperty("stack");
});
