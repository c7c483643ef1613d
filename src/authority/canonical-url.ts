import type { ReadValue } from "../../machines/capability/arguments.ts";

const MAX_CHARACTERS = 8192;

/** The ports that addresses imply; hosts of other schemes have no fixed form. */
export const DEFAULT_PORTS: Readonly<Record<string, string>> = {
  "http:": "80",
  "https:": "443",
  "ws:": "80",
  "wss:": "443",
  "ftp:": "21",
};

const UNRESERVED = /[A-Za-z0-9._~-]/;

/** Signs in a path that programs read differently, which are refused rather than guessed at. */
const AMBIGUOUS_PATH: readonly (readonly [RegExp, string])[] = [
  [/%(2f|5c)/i, "its path has an encoded slash"],
  [/%(0[0-9a-f]|1[0-9a-f]|7f)/i, "its path has an encoded control character"],
  [/%25[0-9a-f]{2}/i, "its path is encoded twice"],
  [/\/\//, "its path has an empty part"],
  [/\/\.{1,2};/, "its path has a parameter at a dot"],
];

/**
 * Returns an address as it is sent: scheme and host in lower case, an international host as
 * punycode, a number in any notation as its IP address, without a default port, and without `.`,
 * `..` or needlessly encoded characters in the path. Query and fragment stay and are not matched.
 *
 * **Guarantees** ambiguous addresses are unreadable: a user or password, spaces and control
 * characters, backslashes, a host with a dot at its end, an IPv4 address inside an IPv6 one,
 * encoded slashes, empty parts of the path, schemes other than http, https, ws, wss and ftp.
 * **Gotcha** names are not looked up: a host may resolve to any address, and may redirect.
 */
export function canonicalUrl(address: string): ReadValue {
  const why = ambiguity(address);
  if (why !== undefined) return { text: address, unreadable: why };
  const url = new URL(address);
  url.pathname = decodeNeedless(url.pathname);
  const unfit = unfitHost(url.hostname) ?? unfitPath(url.pathname);
  if (unfit !== undefined) return { text: address, unreadable: unfit };
  return { text: url.href, parts: addressParts(url) };
}

/** Returns scheme, host, port and the parts of the path; a trailing slash makes no difference. */
export function addressParts({ protocol, hostname, port, pathname }: URL): string[] {
  const path = pathname.split("/").slice(1);
  if (path.at(-1) === "") path.pop();
  return [protocol, hostname, port || (DEFAULT_PORTS[protocol] ?? ""), ...path];
}

/** Decodes characters that need no encoding, and writes the other escapes in upper case. */
export function decodeNeedless(path: string): string {
  return path.replace(/%([0-9a-f]{2})/gi, (written, digits: string) => {
    const character = String.fromCharCode(Number.parseInt(digits, 16));
    return UNRESERVED.test(character) ? character : written.toUpperCase();
  });
}

/** Returns the reason why a host in its canonical form is ambiguous, if it is. */
export function unfitHost(host: string): string | undefined {
  if (/^\.|\.\.|\.$/.test(host)) return "its host has an empty part";
  // Such a machine has two addresses, and a rule for one would not cover the other.
  if (/^\[(::ffff:|::[0-9a-f]+:[0-9a-f]+\]|64:ff9b:)/.test(host)) {
    return "its host is an IPv4 address written as an IPv6 one";
  }
  return undefined;
}

function ambiguity(address: string): string | undefined {
  if (address.length > MAX_CHARACTERS) return `it is longer than ${MAX_CHARACTERS} characters`;
  if (/[\p{Cc}\s]/u.test(address)) return "it has a space or a control character";
  if (!address.isWellFormed()) return "it is not well-formed text";
  if (address.includes("\\")) return "it has a backslash";
  const [, scheme = "", host = ""] = /^([a-z][a-z0-9+.-]*:)\/\/([^/?#]+)/i.exec(address) ?? [];
  if (host === "") return "it is not of the form scheme://host";
  if (!Object.hasOwn(DEFAULT_PORTS, scheme.toLowerCase())) return `its scheme is ${scheme}`;
  if (host.includes("@")) return "it carries a user or a password";
  return URL.canParse(address) ? undefined : "it is no address";
}

function unfitPath(path: string): string | undefined {
  for (const [sign, why] of AMBIGUOUS_PATH) if (sign.test(path)) return why;
  try {
    decodeURIComponent(path);
  } catch {
    return "its path is encoded in no text";
  }
  return undefined;
}
