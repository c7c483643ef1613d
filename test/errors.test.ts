import { describe, expect, it } from "vitest";
import { CoppiceError, ERRORS, type ErrorCode } from "../src/errors.ts";
import { decodeError, encodeError, describe as say } from "../src/wire/error-codec.ts";

describe("a CoppiceError", () => {
  it.each(Object.keys(ERRORS) as ErrorCode[])(
    "%s says what happened, and what is to be done about its kind apart from that",
    (code) => {
      const error = new CoppiceError(code, "this happened", { at: "/lead" });
      expect(error.message).toBe("this happened.");
      expect(error.advice).toBe(ERRORS[code].advice);
      expect(error).toMatchObject({ code, details: { at: "/lead" } });
      expect(error.retryable).toBe(ERRORS[code].retryable);
    },
  );

  it("survives a boundary with its code, message and details, and is one again", () => {
    const error = new CoppiceError("TOOL_FAILED", "it broke", { tool: "add" }, new Error("why"));
    const wire = structuredClone(encodeError(error, "MODEL_FAILED"));
    const again = decodeError(JSON.parse(JSON.stringify(wire)));
    expect(again).toBeInstanceOf(CoppiceError);
    expect(again.message).toBe(error.message);
    expect(again).toMatchObject({ code: "TOOL_FAILED", details: { tool: "add" } });
  });

  it("is recognised by its brand, so that a second copy of the package agrees", () => {
    const foreign = Object.assign(new Error("from another copy"), { code: "CANCELLED" });
    expect(foreign instanceof CoppiceError).toBe(false);
    Object.defineProperty(foreign, Symbol.for("coppice.error"), { value: true });
    expect(foreign instanceof CoppiceError).toBe(true);
  });

  it("keeps its message as JSON, and its stack to itself", () => {
    const json = JSON.parse(JSON.stringify(new CoppiceError("CANCELLED", "over")));
    expect(json.message).toContain("over");
    expect(json).not.toHaveProperty("stack");
  });
});

it("says something of whatever was thrown", () => {
  const circle: { self?: object } = {};
  circle.self = circle;
  const told = [new Error("a"), "b", undefined, null, 5n, circle].map((thrown) => say(thrown));
  expect(told).toEqual(["a", "b", "undefined", "null", "5", say(circle)]);
});
