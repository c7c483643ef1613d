import { describe, expect, it } from "vitest";
import { wasNeverSent } from "../../src/models/unsent.ts";

const because = (cause: object): Error =>
  new Error("Connection error.", {
    cause: new TypeError("fetch failed", { cause: Object.assign(new Error("no"), cause) }),
  });

describe("a request", () => {
  it.each<[string, unknown]>([
    ["refused", because({ code: "ECONNREFUSED", syscall: "connect" })],
    ["to a name that nobody has", because({ code: "ENOTFOUND", syscall: "getaddrinfo" })],
    ["whose resolver is away", because({ code: "EAI_AGAIN" })],
    ["whose connection took too long", because({ code: "UND_ERR_CONNECT_TIMEOUT" })],
    ["that timed out while it connected", because({ code: "ETIMEDOUT", syscall: "connect" })],
    ["without a route", because({ code: "EHOSTUNREACH" })],
    ["to a server that nobody vouches for", because({ code: "DEPTH_ZERO_SELF_SIGNED_CERT" })],
    ["to a server of another name", because({ code: "ERR_TLS_CERT_ALTNAME_INVALID" })],
    [
      "cut off within its handshake",
      because({
        code: "ECONNRESET",
        message: "Client network socket disconnected before secure TLS connection was established",
      }),
    ],
    ["whose header is none", new TypeError("Headers.append: it is an invalid header value.")],
  ])("%s was never sent", (_, thrown) => {
    expect(wasNeverSent(thrown)).toBe(true);
  });

  it.each<[string, unknown]>([
    ["reset", because({ code: "ECONNRESET" })],
    ["whose other side closed", because({ code: "UND_ERR_SOCKET" })],
    ["that took too long", because({ code: "UND_ERR_HEADERS_TIMEOUT" })],
    ["that timed out while it read", because({ code: "ETIMEDOUT", syscall: "read" })],
    ["whose body broke off", new TypeError("terminated", { cause: new Error("closed") })],
    ["that was aborted", new DOMException("enough", "AbortError")],
    ["of which nothing is known", undefined],
    ["of which a text is known", "ECONNREFUSED"],
  ])("%s may have been sent", (_, thrown) => {
    expect(wasNeverSent(thrown)).toBe(false);
  });

  it("whose causes are a circle is looked at for a while", () => {
    const error = new Error("round");
    error.cause = error;
    expect(wasNeverSent(error)).toBe(false);
  });
});
