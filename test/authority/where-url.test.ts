import { describe, expect, it } from "vitest";
import { Arbiter } from "../../src/authority/arbiter.ts";
import type { Grant } from "../../src/wire/spec.ts";

/** The address that the tool would be given, or undefined when it is not called. */
function fetched(grants: readonly Grant[], url: unknown): unknown {
  const arbiter = new Arbiter({ grants });
  const input = { url: url as string };
  const verdict = arbiter.tool(arbiter.root, { callId: "k", tool: "fetch", input });
  if (verdict.status !== "granted") return undefined;
  return ((verdict.input ?? input) as { url: unknown }).url;
}

const allow = (url: string): Grant => ({ allow: "tool:fetch", where: { url } });

describe("url: refuses", () => {
  const grants = [allow("url:https://*.example.com/docs/**")];
  it.each([
    ["another host", "https://evil.com/docs/a"],
    ["a host that only ends alike", "https://evil-example.com/docs/a"],
    ["a host that only begins alike", "https://www.example.com.evil.com/docs/a"],
    ["the name itself, without one before it", "https://example.com/docs/a"],
    ["an empty name before it", "https://.example.com/docs/a"],
    ["a dot at the end of the host", "https://www.example.com./docs/a"],
    ["two dots in the host", "https://www..example.com/docs/a"],
    ["a host in the user", "https://www.example.com@evil.com/docs/a"],
    ["a host and a port in the user", "https://www.example.com:443@evil.com/docs/a"],
    ["a user", "https://me@www.example.com/docs/a"],
    ["a user and a password", "https://me:pw@www.example.com/docs/a"],
    ["an empty user", "https://@www.example.com/docs/a"],
    ["a host in the fragment", "https://evil.com/docs/a#.example.com/docs/a"],
    ["a host in the query", "https://evil.com/docs/a?.example.com/docs/a"],
    ["a backslash in place of a slash", "https://evil.com\\.example.com/docs/a"],
    ["backslashes before the host", "https:\\\\www.example.com/docs/a"],
    ["a backslash in the path", "https://www.example.com/docs\\..\\admin"],
    ["another scheme", "http://www.example.com/docs/a"],
    ["a scheme without a host", "file:///docs/a"],
    ["a script", "javascript://www.example.com/docs/%0aalert(1)"],
    ["data", "data:text/html,https://www.example.com/docs/a"],
    ["an unknown scheme", "gopher://www.example.com/docs/a"],
    ["no scheme", "//www.example.com/docs/a"],
    ["only a path", "/docs/a"],
    ["one slash", "https:/www.example.com/docs/a"],
    ["no slash", "https:www.example.com/docs/a"],
    ["three slashes", "https:///www.example.com/docs/a"],
    ["another port", "https://www.example.com:8443/docs/a"],
    ["the port of another scheme", "https://www.example.com:80/docs/a"],
    ["an impossible port", "https://www.example.com:99999/docs/a"],
    ["another path", "https://www.example.com/admin"],
    ["a path that only begins alike", "https://www.example.com/docs-evil/a"],
    ["no path", "https://www.example.com"],
    ["..", "https://www.example.com/docs/../admin"],
    ["encoded dots", "https://www.example.com/docs/%2e%2e/admin"],
    ["half encoded dots", "https://www.example.com/docs/.%2E/admin"],
    ["dots encoded twice", "https://www.example.com/docs/%252e%252e/admin"],
    ["an encoded slash", "https://www.example.com/docs%2f..%2fadmin"],
    ["an encoded backslash", "https://www.example.com/docs%5c..%5cadmin"],
    ["an encoded NUL", "https://www.example.com/docs/a%00.txt"],
    ["an encoded line end", "https://www.example.com/docs/a%0d%0aHost:evil.com"],
    ["a parameter at the dots", "https://www.example.com/docs/..;/admin"],
    ["an empty part", "https://www.example.com//docs/a"],
    ["an overlong dot", "https://www.example.com/docs/%c0%ae%c0%ae/admin"],
    ["a space before", " https://www.example.com/docs/a"],
    ["a line end", "https://www.example.com/docs/a\n"],
    ["a tab in the host", "https://www.exam\tple.com/docs/a"],
    ["a line end in the scheme", "java\nscript://www.example.com/docs/a"],
    ["a NUL", "https://www.example.com\0.evil.com/docs/a"],
    ["an encoded dot in another host", "https://www%2eexample.com%2eevil.com/docs/a"],
    ["a dot of another script", "https://www.example.com\u3002evil.com/docs/a"],
    ["letters that look alike", "https://www.ex\u0430mple.com/docs/a"],
    ["IPv4", "https://127.0.0.1/docs/a"],
    ["a decimal host", "https://2130706433/docs/a"],
    ["a hexadecimal host", "https://0x7f.1/docs/a"],
    ["an octal host", "https://0177.0.0.01/docs/a"],
    ["IPv6", "https://[::1]/docs/a"],
    ["IPv6 with a zone", "https://[fe80::1%25eth0]/docs/a"],
    ["an empty host", "https:///docs/a"],
    ["nothing", ""],
    ["no text", 5],
    ["an object", { href: "https://www.example.com/docs/a" }],
    ["a list with another", ["https://www.example.com/docs/a", "https://evil.com/docs/a"]],
  ])("%s", (_, url) => {
    expect(fetched(grants, url)).toBeUndefined();
  });

  it("every other writing of a host that is denied", () => {
    const denied = [
      "http://127.0.0.1/a",
      "http://2130706433/a",
      "http://0x7f000001/a",
      "http://0177.1/a",
      "http://127.1:80/a",
      "http://[::ffff:127.0.0.1]/a",
      "http://[::127.0.0.1]/a",
      "http://127.0.0.1./a",
      "http://\uff11\uff12\uff17.0.0.1/a",
      "http://me@127.0.0.1/a",
    ];
    const grants: Grant[] = [
      "tool:*",
      { deny: "tool:fetch", where: { url: "url:http://127.0.0.1/**" } },
    ];
    for (const url of denied) expect([url, fetched(grants, url)]).toEqual([url, undefined]);
    expect(fetched(grants, "http://127.0.0.2/a")).toBe("http://127.0.0.2/a");
    const admin = ["tool:*", { deny: "tool:fetch", where: { url: "url:https://*/admin/**" } }];
    for (const path of ["admin", "%61dmin/x", "x/../admin", "%2e/admin", "admin/?x", "x//admin"]) {
      expect([path, fetched(admin, `https://h.com/${path}`)]).toEqual([path, undefined]);
    }
  });
});

describe("url: lets pass, and gives the tool the address that was checked", () => {
  it.each([
    ["https://www.example.com/docs/a", "https://www.example.com/docs/a"],
    ["https://a.b.example.com/docs/a", "https://a.b.example.com/docs/a"],
    ["HTTPS://WWW.Example.COM/docs/a", "https://www.example.com/docs/a"],
    ["https://www.example.com:443/docs/a", "https://www.example.com/docs/a"],
    ["https://www.example.com/docs", "https://www.example.com/docs"],
    ["https://www.example.com/docs/", "https://www.example.com/docs/"],
    ["https://www.example.com/docs/x/../a", "https://www.example.com/docs/a"],
    ["https://www.example.com/x/../docs/a", "https://www.example.com/docs/a"],
    ["https://www.example.com/%64ocs/a%2Eb", "https://www.example.com/docs/a.b"],
    ["https://www.example.com/docs/a%20b", "https://www.example.com/docs/a%20b"],
    ["https://www.example.com/docs/\u00fc", "https://www.example.com/docs/%C3%BC"],
    ["https://www.example.com/docs/a?q=../x&u=//y", "https://www.example.com/docs/a?q=../x&u=//y"],
    ["https://www.example.com/docs/a#b", "https://www.example.com/docs/a#b"],
    ["https://www\u3002example.com/docs/a", "https://www.example.com/docs/a"],
    ["https://b\u00fccher.example.com/docs/a", "https://xn--bcher-kva.example.com/docs/a"],
  ])("%s", (url, given) => {
    expect(fetched([allow("url:https://*.example.com/docs/**")], url)).toBe(given);
  });
});

describe("url: patterns", () => {
  it.each([
    ["url:https://example.com/**", "https://example.com/", true],
    ["url:https://example.com/**", "https://www.example.com/", false],
    ["url:https://example.com/", "https://example.com", true],
    ["url:https://example.com/", "https://example.com/a", false],
    ["url:https://example.com/*/b", "https://example.com/a/b", true],
    ["url:https://example.com/*/b", "https://example.com/a/a/b", false],
    ["url:https://example.com/a-*", "https://example.com/a-b", true],
    ["url:https://*/**", "https://any.where/a", true],
    ["url:https://*/**", "http://any.where/a", false],
    ["url:http://localhost:3000/**", "http://localhost:3000/a", true],
    ["url:http://localhost:3000/**", "http://localhost/a", false],
    ["url:http://localhost:*/**", "http://localhost:8080/a", true],
    ["url:http://[::1]:*/**", "http://[0:0:0:0:0:0:0:1]:80/a", true],
    ["url:http://127.0.0.1:80/**", "http://127.1/a", true],
    ["url:HTTPS://Example.COM:443/**", "https://example.com/a", true],
    ["url:https://b\u00fccher.de/**", "https://xn--bcher-kva.de/a", true],
    ["url:wss://example.com/**", "wss://example.com/feed", true],
  ])("%s on %s: %s", (pattern, url, granted) => {
    expect(fetched([allow(pattern)], url) !== undefined).toBe(granted);
  });

  it.each([
    "url:https://example.com",
    "url:example.com/**",
    "url:*://example.com/**",
    "url:file:///srv/**",
    "url:https://*example.com/**",
    "url:https://www.*.com/**",
    "url:https://*.*/**",
    "url:https://*.0.0.1/**",
    "url:https://me@example.com/**",
    "url:https://example.com./**",
    "url:https://example.com/a?b=*",
    "url:https://example.com/a**",
    "url:https://example.com/../**",
    "url:https://example.com:99999/**",
    "url:https://exa mple.com/**",
    "https://*.example.com/**",
  ])("%s is refused when it is granted", (pattern) => {
    expect(() => fetched([allow(pattern)], "")).toThrow(/where\.url/);
  });
});
