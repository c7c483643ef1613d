import { STATUS_CODES } from "node:http";
import { clip } from "../../wire/clip.ts";
import { isError } from "../../wire/realm.ts";

/**
 * The kinds of failure over HTTP, by their effect on the request.
 *
 * - `unreachable`: it did not arrive.
 * - `refused`: the server answered with a status other than success, so it did not run.
 * - `forgotten`: refused, because the server no longer knows the session.
 * - `cut`: it may have run, but its answer broke off.
 * - `unfit`: an answer arrived that cannot be used.
 */
export type RefusalKind = "unreachable" | "refused" | "forgotten" | "cut" | "unfit";

/**
 * A failure of a server behind a URL; the message continues a sentence that begins with its name.
 */
export class HttpRefusal extends Error {
  readonly kind: RefusalKind;
  readonly status: number | undefined;

  constructor(kind: RefusalKind, message: string, status?: number, cause?: unknown) {
    super(message, { cause });
    this.kind = kind;
    this.status = status;
  }

  /** True when the connection itself is in doubt, not only one answer. */
  get isDoubt(): boolean {
    return this.kind !== "unfit";
  }
}

/** The facts about a response that is no success. */
export interface RefusedResponse {
  readonly status: number;
  readonly type: string;
  /** The beginning of its body. */
  readonly head: string;
  readonly retryAfter: string | null;
  /** The target of its redirect, without user, query and fragment. */
  readonly location: string | undefined;
}

const MAX_QUOTED_CHARACTERS = 300;

/** Advice by HTTP status. */
const advice: Readonly<Record<number, string>> = {
  401: "it wants credentials, or others than it was given: put them into `headers`",
  403: "it forbids this: look at the credentials in `headers`, and at the host of the URL",
  404: "nothing is served there: look at the path of the URL",
  405: "it takes no POST there: look at the path of the URL",
  406: "it speaks neither JSON nor event streams there",
  407: "a proxy on the way wants credentials",
  408: "the request came too slowly for it",
  413: "the request is too large for it",
  415: "it takes no JSON there: look at the path of the URL",
  429: "it has had too many requests",
};

/**
 * Network error codes, as patterns, with their kind and their message; `where` is host and port.
 */
const faults: readonly (readonly [code: RegExp, RefusalKind, (where: string) => string])[] = [
  [/^ECONNREFUSED$/, "unreachable", (where) => `cannot be reached: nothing listens at ${where}`],
  [
    /^(ENOTFOUND|EAI_\w+)$/,
    "unreachable",
    (where) => `cannot be reached: no address is known for the name in ${where}`,
  ],
  [
    /^(UND_ERR_CONNECT_TIMEOUT|ETIMEDOUT|E(HOST|NET)UNREACH|EADDRNOTAVAIL|EACCES|EPERM)$/,
    "unreachable",
    (where) => `cannot be reached: ${where} does not answer, or no way leads there`,
  ],
  [
    /^(ERR_SSL_WRONG_VERSION_NUMBER|ERR_SSL_PACKET_LENGTH_TOO_LONG|EPROTO)$/,
    "unreachable",
    () => "does not speak TLS there: is its URL one of http: rather than https:?",
  ],
  [
    /^ERR_TLS_CERT_ALTNAME_INVALID$/,
    "unreachable",
    (where) => `has a certificate for another name than the one in ${where}`,
  ],
  [/^CERT_HAS_EXPIRED$/, "unreachable", () => "has a certificate that has expired"],
  [
    /SELF_SIGNED|CERT|ISSUER|VERIFY|LEAF_SIGNATURE/,
    "unreachable",
    () => "has a certificate that is not trusted here (NODE_EXTRA_CA_CERTS adds an authority)",
  ],
  [/^ERR_(SSL|TLS)_/, "unreachable", () => "does not agree with us on TLS"],
  [/^HPE_/, "cut", () => "does not speak HTTP there: is its URL one of https:, or another port?"],
  [/^UND_ERR_(HEADERS|BODY)_TIMEOUT$/, "cut", () => "said nothing for five minutes"],
  [/^UND_ERR_HEADERS_OVERFLOW$/, "unfit", () => "sent headers that are too large"],
  [/^(Z_|ERR__?BROTLI|ERR_ZSTD|ZSTD_)/, "unfit", () => "sent a body whose compression is broken"],
];

/** Turns a response other than success into a failure. */
export function refusedBy(response: RefusedResponse, hasSession: boolean): HttpRefusal {
  const { status, location, retryAfter } = response;
  const named = `answered ${status} ${STATUS_CODES[status] ?? ""}`.trimEnd();
  // The specification says 404; example servers of the SDK answer 400.
  if (
    hasSession &&
    (status === 404 || (status === 400 && /session|not initialized/i.test(saidBy(response))))
  ) {
    return new HttpRefusal("forgotten", `${named}: it has forgotten our session`, status);
  }
  const redirect =
    location === undefined ? "" : `a redirect to ${location}, which is not followed: give that URL`;
  const later = retryAfter !== null && /^\d{1,9}$/.test(retryAfter.trim());
  const parts = [
    redirect || advice[status] || "",
    later ? `it may be asked again in ${retryAfter.trim()} s` : "",
    saidBy(response),
  ].filter((part) => part !== "");
  return new HttpRefusal("refused", [named, ...parts].join(": "), status);
}

/** Turns an error of `fetch` into a failure; `where` is the host and port. */
export function failedBy(error: unknown, where: string): HttpRefusal {
  if (error instanceof HttpRefusal) return error;
  const code = codeOf(error);
  const known = faults.find(([pattern]) => pattern.test(code));
  if (known !== undefined) {
    const [, kind, messageOf] = known;
    return new HttpRefusal(kind, `${messageOf(where)} (${code})`, undefined, error);
  }
  const shown = code || innermost(error);
  return new HttpRefusal("cut", `broke the connection off (${shown})`, undefined, error);
}

/** True for a web page in the place of JSON; it is named and never quoted. */
export function isWebPage(type: string, head: string): boolean {
  return /html/i.test(type) || /^\s*<(!doctype|html|\?xml)/i.test(head);
}

/** Returns the beginning of a server's text on one line. */
export function quotedBody(text: string): string {
  const line = text
    .toWellFormed()
    .replace(/[\s\p{Cc}]+/gu, " ")
    .trim();
  return line.length > MAX_QUOTED_CHARACTERS ? `${clip(line, MAX_QUOTED_CHARACTERS)}...` : line;
}

function saidBy({ type, head }: RefusedResponse): string {
  if (isWebPage(type, head)) return "the answer is an HTML page";
  const said = quotedBody(messageIn(head) ?? head);
  return said === "" ? "" : `it says "${said}"`;
}

/** Returns the message in an error's body, in any of the forms that servers use. */
function messageIn(head: string): string | undefined {
  try {
    const body = JSON.parse(head);
    for (const said of [
      body?.error?.message,
      body?.message,
      body?.error_description,
      body?.error,
    ]) {
      if (typeof said === "string") return said;
    }
    return undefined;
  } catch {
    return undefined;
  }
}

function codeOf(error: unknown): string {
  for (let inner = error, depth = 0; isError(inner) && depth < 5; depth += 1) {
    if ("code" in inner && typeof inner.code === "string") return inner.code;
    // Node gives this error no code.
    if (inner.name === "HTTPParserError") return "HPE_INVALID";
    const [first] = "errors" in inner && Array.isArray(inner.errors) ? inner.errors : [];
    inner = first ?? inner.cause;
  }
  return "";
}

function innermost(error: unknown): string {
  let inner = error;
  for (let depth = 0; depth < 5 && isError(inner) && isError(inner.cause); depth += 1) {
    inner = inner.cause;
  }
  return isError(inner) ? quotedBody(inner.message) : "for no known reason";
}
