import { expect, it } from "vitest";
import { checkMcpServer } from "../../../src/tools/mcp/mcp-config.ts";
import { MAX_DELAY_MS } from "../../../src/wire/clock.ts";

const stdio = { command: "node" };
const http = { url: "https://example.com/mcp" };

it.each([
  ["a program", stdio],
  [
    "a program with everything",
    { ...stdio, args: ["x"], env: { A: "b" }, cwd: "/", type: "stdio" },
  ],
  ["a URL", http],
  ["a URL with everything", { ...http, headers: { a: "b" }, type: "http" }],
  ["our own options", { ...stdio, timeoutMs: 1, idempotent: ["get-*"], required: true }],
  ["a fraction of a megabyte", { ...http, maxMessageMb: 0.25 }],
  ["the most megabytes", { ...stdio, maxMessageMb: 256 }],
  ["options that are undefined", { ...stdio, args: undefined, url: undefined }],
])("accepts %s", (_, config) => {
  expect(() => checkMcpServer("fs", config)).not.toThrow();
});

it.each([
  ["a name with a slash", "a/b", stdio, /needs a name/],
  ["an empty name", "", stdio, /needs a name/],
  ["no object", "fs", "node", /is no object/],
  ["neither program nor URL", "fs", {}, /either `command` or `url`/],
  ["both program and URL", "fs", { ...stdio, ...http }, /either `command` or `url`/],
  ["an empty program", "fs", { command: "" }, /`command`/],
  ["one argument as text", "fs", { ...stdio, args: "-y" }, /`args`: it is an array of strings/],
  ["a number among the arguments", "fs", { ...stdio, args: [1] }, /`args`/],
  ["a number in the environment", "fs", { ...stdio, env: { A: 1 } }, /`env`/],
  ["headers for a program", "fs", { ...stdio, headers: {} }, /unknown option "headers"/],
  ["an environment for a URL", "fs", { ...http, env: {} }, /unknown option "env"/],
  ["a property of every object", "fs", { ...stdio, toString: 1 }, /unknown option "toString"/],
  ["a file URL", "fs", { url: "file:///x" }, /`url`: it is an http or https URL/],
  ["a URL with a user", "fs", { url: "https://me:s3cret@example.com/" }, /`url`.*`headers`/],
  ["a header of two lines", "fs", { ...http, headers: { a: "b\nc" } }, /`headers`/],
  ["a header's name with a space", "fs", { ...http, headers: { "a b": "c" } }, /`headers`/],
  ["no URL", "fs", { url: "example" }, /`url`/],
  ["the older kind of server", "fs", { ...http, type: "sse" }, /"sse" is not spoken/],
  ["timeoutMs 0", "fs", { ...stdio, timeoutMs: 0 }, /`timeoutMs`/],
  ["timeoutMs NaN", "fs", { ...stdio, timeoutMs: Number.NaN }, /`timeoutMs`/],
  [
    "timeoutMs over a hundred years",
    "fs",
    { ...stdio, timeoutMs: MAX_DELAY_MS + 1 },
    /`timeoutMs`/,
  ],
  ["maxMessageMb 0", "fs", { ...http, maxMessageMb: 0 }, /`maxMessageMb`: .*more than 0/],
  ["maxMessageMb below 0", "fs", { ...stdio, maxMessageMb: -1 }, /`maxMessageMb`/],
  ["maxMessageMb NaN", "fs", { ...stdio, maxMessageMb: Number.NaN }, /`maxMessageMb`/],
  ["maxMessageMb 257", "fs", { ...stdio, maxMessageMb: 257 }, /`maxMessageMb`/],
  ["maxMessageMb as text", "fs", { ...stdio, maxMessageMb: "10" }, /`maxMessageMb`/],
  ["required as text", "fs", { ...stdio, required: "yes" }, /`required`/],
])("refuses %s", (_, name, config, message) => {
  expect(() => checkMcpServer(name, config)).toThrow(
    expect.objectContaining({ code: "OPTIONS_INVALID", message: expect.stringMatching(message) }),
  );
});

it("never repeats a value, which may be a secret", () => {
  const config = { ...http, headers: { authorization: ["s3cret"] } };
  expect(() => checkMcpServer("fs", config)).toThrow(/^((?!s3cret).)*$/s);
});
