export const REDACTED = "[redacted]";

const NAMES = [
  /^(proxy-?)?authorization$|^(set-?)?cookies?$/i,
  /^(env|headers|bearer|pass|pwd|pem|pfx|dsn|jwt|otp|mnemonic)$/i,
  /passw|pass[-_]?phrase|passcode|passwd|secret|credential|connection[-_]?string|seed[-_]?phrase/i,
  /(api|private|access|signing|encryption|ssh|deploy|master|service|account)[-_]?keys?$/i,
  // Counts of tokens are not secrets: `maxTokens`, `inputTokens`.
  /token$|(access|refresh|auth|id|session|bearer|api|csrf|personal)[-_]?tokens$/i,
];

/** Names that mark a secret in a text: `DB_PASSWORD=…`, `"apiKey": "…"`. */
const PHRASE = "pass[-_]?phrase|(?:seed|recovery)[-_ ]?phrase|mnemonic";
const CALLED = `passw(?:or)?d|${PHRASE}|secret|token|(?:api|access|private|account)[-_]?key`;
/** A quoted value up to its closing quote, however many words it has. */
const QUOTED = `"[^"\\\\]*(?:\\\\[^][^"\\\\]*)*(?:"|$)|'[^'\\\\]*(?:\\\\[^][^'\\\\]*)*(?:'|$)`;
/** Patterns of secrets that are recognised by themselves, and of those that follow a name. */
const TEXTS: readonly (readonly [RegExp, string])[] = [
  [
    /-----BEGIN [A-Z ]*PRIVATE KEY[A-Z ]*-----[\s\S]*?(-----END [A-Z ]*PRIVATE KEY[A-Z ]*-----|$)/g,
    REDACTED,
  ],
  [/\b(authorization|(?:set-)?cookie)(["']?\s*[:=]\s*)[^\r\n]+/gi, `$1$2${REDACTED}`],
  [/\bBearer\s+[\w.~+/-]{8,}=*/gi, REDACTED],
  // An ordinary word may follow it too.
  [/\b[Bb]asic\s+(?=[\w+/]*[A-Z\d])[\w+/]{8,}={0,2}/g, REDACTED],
  [/\b([a-z][a-z\d+.-]{0,30}:\/\/)[^\s/?#@"']{1,500}@/gi, `$1${REDACTED}@`],
  [/\beyJ[\w-]{6,}\.[\w-]{4,}(\.[\w-]*)?/g, REDACTED],
  [/\b(sk-|[sr]k_(live|test)_|gh[pousr]_|github_pat_|glpat-|xox[a-z]-|npm_)[\w-]{12,}/g, REDACTED],
  [
    /\b(AKIA|ASIA)[\dA-Z]{12,}|\bAIza[\w-]{30,}|\bhf_\w{20,}|\bSG\.[\w-]{16,}\.[\w-]{16,}/g,
    REDACTED,
  ],
  [/\b(hooks\.slack\.com\/(?:services|workflows|triggers)\/)[\w/-]+/g, `$1${REDACTED}`],
  // An argument of a command line.
  [
    new RegExp(`(--?[\\w-]{0,40}(?:${CALLED}))[ \\t]+(?:${QUOTED}|[^\\s"'-][^\\s"']*)`, "gi"),
    `$1 ${REDACTED}`,
  ],
  [new RegExp(`(${CALLED})(["']?\\s*[:=]\\s*)(?:${QUOTED})`, "gi"), `$1$2${REDACTED}`],
  // Without quotes a phrase of several words extends to the end of the line.
  [new RegExp(`(${PHRASE})(\\s*[:=]\\s*)(?!\\[redacted)[^\\r\\n"',;&]+`, "gi"), `$1$2${REDACTED}`],
  [
    new RegExp(`(${CALLED})(["']?\\s*[:=]\\s*["']?)(?!\\[redacted)[^\\s"',;&]+`, "gi"),
    `$1$2${REDACTED}`,
  ],
];

/** True for the name of a field whose value must not be shown. */
export function isSecretName(name: string): boolean {
  return NAMES.some((pattern) => pattern.test(name));
}

/**
 * Redacts everything in a text that looks like a secret: private keys, tokens of well-known
 * services, JSON Web Tokens, credentials in URLs and headers, and values that the text itself calls
 * a password.
 */
export function withoutSecrets(text: string): string {
  return TEXTS.reduce((left, [pattern, shown]) => left.replace(pattern, shown), text);
}
