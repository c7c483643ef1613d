/** Fields of a thrown error about its service, read by shape: classes differ between copies. */
export interface ServiceError {
  readonly status?: number;
  readonly headers?: Pick<Headers, "get">;
}

/** True when a service that answered with this status may answer otherwise later. */
export function statusMayPass({ status, headers }: ServiceError): boolean {
  if (headers?.get("x-should-retry") === "false") return false;
  return status !== undefined && ([408, 409, 429].includes(status) || status >= 500);
}

/**
 * Returns the milliseconds that the service asks to wait; undefined for none, or for no valid time.
 */
export function readRetryAfter(headers: ServiceError["headers"], now: number): number | undefined {
  const exact = Number(headers?.get("retry-after-ms") ?? Number.NaN);
  if (exact > 0) return exact;
  const value = headers?.get("retry-after") ?? "";
  const waitMs = /^[\d.]+$/.test(value) ? Number(value) * 1_000 : Date.parse(value) - now;
  return waitMs > 0 ? waitMs : undefined;
}
