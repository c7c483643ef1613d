import { describe, expect, it } from "vitest";
import { summaryOf } from "../../src/wire/summary.ts";

const shown = (value: unknown) => JSON.stringify(summaryOf(value, 4_000));
const pem = (kind: string, isWhole = true) => {
  const end = isWhole ? `-----END ${kind}PRIVATE KEY-----` : "";
  return `-----BEGIN ${kind}PRIVATE KEY-----\nMIIEvQIBADANBg\nhunter2\n${end}`;
};
const jwt = "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxIn0.hunter2_abcdefghijkl";

describe("what people are shown of a value has no secrets", () => {
  it.each([
    "passphrase",
    "pass-phrase",
    "proxyAuthorization",
    "setCookie",
    "sshPassphrase",
    "password",
    "pass",
    "pwd",
    "privateKey",
    "private_key",
    "signing-key",
    "clientSecret",
    "accessToken",
    "refresh_tokens",
    "token",
    "Authorization",
    "Cookie",
    "set-cookie",
    "x-api-key",
    "connectionString",
    "jwt",
  ])("in a field called %s", (name) => {
    expect(shown({ [name]: "hunter2", other: { [name]: { deep: "hunter2" } } })).not.toContain(
      "hunter2",
    );
  });

  it.each(["maxTokens", "inputTokens", "tokens", "tokenizer", "keyboard", "passed", "compass"])(
    "and a field called %s is shown",
    (name) => {
      expect(shown({ [name]: 42 })).toContain("42");
    },
  );

  it.each([
    ["a key of Anthropic's", "use sk-ant-api03-hunter2hunter2"],
    ["a token of GitHub's", `ghp_${"hunter2a".repeat(5)} and github_pat_${"hunter2a".repeat(5)}`],
    ["a key of AWS's", "AKIAHUNTER2HUNTER2XX".replace("HUNTER2HUNTER2", "HUNTERHUNTER22")],
    [
      "tokens of GitLab's, Slack's and npm's",
      "glpat-hunter2hunter2 xoxb-hunter2hunter2 npm_hunter2hunter2",
    ],
    ["a JSON Web Token", `said ${jwt} here`],
    ["a private key", pem("RSA ")],
    ["a private key without its end", pem("OPENSSH ", false)],
    ["a private key of no kind", pem("")],
    ["a URL with a password", "postgres://admin:hunter2@db.internal:5432/x"],
    ["a URL with a token", "https://hunter2hunter2@github.com/o/r.git"],
    ["a phrase of several words", "passphrase: correct horse hunter2"],
    ["a phrase of several words, quoted", "{ passphrase: 'correct horse hunter2', x: 1 }"],
    ["a quoted password with a space", 'password="correct hunter2"'],
    ["a quoted password with a quote", '{"password":"a\\"hunter2"}'],
    ["a quoted password that was cut", 'password: "correct hunter2'],
    ["a header", "GET / HTTP/1.1\r\nAuthorization: Digest hunter2\r\nHost: x"],
    ["a cookie", "Cookie: sid=hunter2; theme=dark"],
    ["basic credentials", "Basic aHVudGVyMjpodW50ZXIy hunter".replace(" hunter", "")],
    ["what it calls a password", 'DB_PASSWORD=hunter2 and {"passphrase": "hunter2"}'],
    ["a word of a command line", "deploy --user ada --db-password hunter2 --force"],
    ["a quoted word of a command line", "deploy --password 'correct hunter2' --force"],
    ["a token of Hugging Face's", `export HF=hf_${"hunter2a".repeat(4)}`],
    ["a key of SendGrid's", `SG.${"hunter2a".repeat(2)}.${"hunter2a".repeat(5)}`],
    ["a key of an account of Azure's", "AccountName=a;AccountKey=hunter2hunter2==;Suffix=x"],
    ["a webhook of Slack's", "POST https://hooks.slack.com/services/T0/B0/hunter2hunter2"],
    ["a block of PGP's", pem("PGP ").replaceAll("KEY-----", "KEY BLOCK-----")],
    ["a query", "https://x.example/?q=1&access_token=hunter2&b=2"],
  ])("in a text with %s", (_what, text) => {
    const told = shown({ text });
    expect(told).not.toMatch(/hunter2|HUNTER|aHVudGVy|MIIEvQ/);
    expect(told).toContain("[redacted]");
  });

  it.each([
    "the token was refused",
    "see https://example.com/a@b and mail me@example.com",
    "Basic information about bears",
    "a private key is needed; password policy applies",
    "run it with --token-limit 400 and --max-tokens 9, or --password --force",
  ])("and leaves %j as it is", (text) => {
    expect(summaryOf(text, 4_000)).toBe(text);
  });

  it("also where the half of one would be left at the end of what is looked at", () => {
    const text = `${"sk-abcdefghijklmnop ".repeat(79)}${"x".repeat(10)} ghp_hunter2a`;
    const long = text + "hunter2a".repeat(10);
    expect(shown(long)).not.toContain("hunter2");
  });

  it("in a time that grows with the text", () => {
    const began = performance.now();
    for (const part of ["-----BEGIN PRIVATE KEY-----", "a://", "eyJ", "token=", "Bearer ", "--a"]) {
      shown(Array.from({ length: 100 }, () => part.repeat(400)));
    }
    expect(performance.now() - began).toBeLessThan(10_000);
  });
});
