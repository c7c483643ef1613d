import { expect, it } from "vitest";
import { failedBy, HttpRefusal, refusedBy } from "../../../src/tools/mcp/http-refusal.ts";

const response = { type: "", head: "", retryAfter: null, location: undefined };

function thrown(code: string): Error {
  return new TypeError("fetch failed", { cause: Object.assign(new Error("x"), { code }) });
}

it.each<[string, string, RegExp]>([
  ["ECONNREFUSED", "unreachable", /nothing listens at host:1/],
  ["EAI_AGAIN", "unreachable", /no address is known/],
  ["UND_ERR_CONNECT_TIMEOUT", "unreachable", /does not answer/],
  ["DEPTH_ZERO_SELF_SIGNED_CERT", "unreachable", /not trusted here/],
  ["UNABLE_TO_VERIFY_LEAF_SIGNATURE", "unreachable", /not trusted here/],
  ["CERT_HAS_EXPIRED", "unreachable", /has expired/],
  ["ERR_TLS_CERT_ALTNAME_INVALID", "unreachable", /another name/],
  ["ERR_SSL_WRONG_VERSION_NUMBER", "unreachable", /http: rather than https:/],
  ["ERR_SSL_TLSV1_ALERT_PROTOCOL_VERSION", "unreachable", /does not agree with us on TLS/],
  ["UND_ERR_HEADERS_TIMEOUT", "cut", /five minutes/],
  ["UND_ERR_SOCKET", "cut", /broke the connection off \(UND_ERR_SOCKET\)/],
  ["ECONNRESET", "cut", /broke the connection off \(ECONNRESET\)/],
  ["Z_DATA_ERROR", "unfit", /compression is broken/],
])("says what %s means, and whether the request may have run", (code, kind, told) => {
  const refusal = failedBy(thrown(code), "host:1");
  expect(refusal).toMatchObject({ kind, message: expect.stringMatching(told) });
  expect(refusal.message).toContain(code);
});

it("finds the code in the attempts at several addresses", () => {
  const cause = new AggregateError([Object.assign(new Error("x"), { code: "ECONNREFUSED" })]);
  expect(failedBy(new TypeError("fetch failed", { cause }), "h").kind).toBe("unreachable");
});

it("leaves a refusal as it is", () => {
  const refusal = new HttpRefusal("unfit", "said no");
  expect(failedBy(refusal, "h")).toBe(refusal);
});

it("takes a 404 for a forgotten session only where there is one", () => {
  expect(refusedBy({ ...response, status: 404 }, true).kind).toBe("forgotten");
  expect(refusedBy({ ...response, status: 404 }, false).kind).toBe("refused");
});

it.each([
  ["17", /429 .*: it may be asked again in 17 s/],
  ["Wed, 21 Oct 2026 07:28:00 GMT", /429 Too Many Requests: it has had too many requests$/],
])("tells when to come back where Retry-After is seconds: %s", (retryAfter, told) => {
  expect(refusedBy({ ...response, status: 429, retryAfter }, false).message).toMatch(told);
});

it("quotes well-formed words on one line, at a length", () => {
  const head = `a\nb\u0000\ud83d ${"x".repeat(1_000)}`;
  const { message } = refusedBy({ ...response, status: 500, head }, false);
  expect(message.isWellFormed()).toBe(true);
  expect(message).toMatch(
    /^answered 500 Internal Server Error: it says "a b \ufffd x{100,}\.\.\."$/,
  );
});
