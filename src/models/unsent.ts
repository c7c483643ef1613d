import { isError } from "../wire/realm.ts";

/**
 * Codes with which the system, the resolver, the HTTP client and TLS report that no connection was
 * made.
 */
const UNCONNECTED: readonly RegExp[] = [
  /^E(CONNREFUSED|NOTFOUND|AI_\w+|HOSTUNREACH|HOSTDOWN|NETUNREACH|NETDOWN|ADDRNOTAVAIL)$/,
  /^(UND_ERR_CONNECT_TIMEOUT|EPROTO|HOSTNAME_MISMATCH)$/,
  /^(CERT|ERR_TLS|ERR_SSL|UNABLE_TO|DEPTH_ZERO|SELF_SIGNED)_/,
];

/** Most nested causes that are examined: more would be a circle. */
const MAX_DEPTH = 8;

/**
 * True for a request that certainly never reached its service, so that it cannot be billed: there
 * was no connection, or the request itself could not be written.
 *
 * @param thrown the error of a request that had no response
 */
export function wasNeverSent(thrown: unknown): boolean {
  // The request itself is invalid, for example by a header with a forbidden character.
  if (isError(thrown) && thrown.name === "TypeError" && thrown.cause === undefined) return true;
  let at = thrown;
  for (let depth = 0; depth < MAX_DEPTH && typeof at === "object" && at !== null; depth += 1) {
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
