import { isError } from "../wire/realm.ts";

/** How the system, the resolver, the HTTP client and TLS say that no connection was made. */
const UNCONNECTED: readonly RegExp[] = [
  /^E(CONNREFUSED|NOTFOUND|AI_\w+|HOSTUNREACH|HOSTDOWN|NETUNREACH|NETDOWN|ADDRNOTAVAIL)$/,
  /^(UND_ERR_CONNECT_TIMEOUT|EPROTO|HOSTNAME_MISMATCH)$/,
  /^(CERT|ERR_TLS|ERR_SSL|UNABLE_TO|DEPTH_ZERO|SELF_SIGNED)_/,
];

/** Causes of causes that are looked at: more would be a circle. */
const DEEPEST = 8;

/**
 * True for a request that certainly never reached its service, so that nobody can bill it: there
 * was no connection, or the request itself could not be written.
 *
 * @param thrown what a request failed with that no response had been heard of
 */
export function wasNeverSent(thrown: unknown): boolean {
  // What is no error of the client itself, such as a header that cannot be one.
  if (isError(thrown) && thrown.name === "TypeError" && thrown.cause === undefined) return true;
  let at = thrown;
  for (let depth = 0; depth < DEEPEST && typeof at === "object" && at !== null; depth += 1) {
    if (isUnconnected(at)) return true;
    at = (at as { readonly cause?: unknown }).cause;
  }
  return false;
}

function isUnconnected(error: object): boolean {
  const { code, syscall, message } = error as { readonly [field: string]: unknown };
  if (syscall === "connect") return true;
  if (UNCONNECTED.some((pattern) => pattern.test(String(code)))) return true;
  return /before secure TLS connection was established|^bad port$/.test(String(message));
}
