/** The length of a day; in a zone a day on which clocks are set is longer or shorter. */
export const DAY_MS = 86_400_000;

/** A bound on the distance of any zone from UTC. */
const MAX_OFFSET_MS = 26 * 3_600_000;

/** Creating a format costs as much as fifty uses, and finding a midnight as much as thirty. */
const formats = new Map<string, Intl.DateTimeFormat>();
const begins = new Map<string, number>();
const MAX_KEPT = 1_000;

/** True for a zone of the IANA database that this runtime knows. */
export function isTimeZone(zone: unknown): zone is string {
  // Offsets such as +02:00 are not zones: they have no summer time.
  if (typeof zone !== "string" || !/^[A-Za-z]/.test(zone)) return false;
  try {
    formatOf(zone);
    return true;
  } catch (error) {
    if (error instanceof RangeError) return false;
    throw error;
  }
}

/**
 * Returns the end of the window of `days` days that contains `now`: the midnight of `zone`, or the
 * first moment of that day where clocks skip its midnight. Windows are counted in days of the
 * zone's calendar since 1970-01-01.
 */
export function zonedWindowEnd(days: number, zone: string, now: number): number {
  const next = (Math.floor(dayOf(zone, now) / days) + 1) * days;
  const end = beginOf(next, zone);
  // Clocks set back over midnight repeat the evening; the window ends with the second one.
  return end > now ? end : search(next, zone, now, next * DAY_MS + MAX_OFFSET_MS);
}

function beginOf(day: number, zone: string): number {
  const key = `${day} ${zone}`;
  const known = begins.get(key);
  if (known !== undefined) return known;
  const found = search(day, zone, day * DAY_MS - MAX_OFFSET_MS, day * DAY_MS + MAX_OFFSET_MS);
  return keep(begins, key, found);
}

/** Returns the first moment of a day, between a time before it and one at or after it. */
function search(day: number, zone: string, before: number, after: number): number {
  let [low, high] = [before, after];
  while (high - low > 1) {
    const middle = Math.floor((low + high) / 2);
    if (dayOf(zone, middle) < day) low = middle;
    else high = middle;
  }
  return high;
}

/** Returns the number of days from 1970-01-01 to the date in that zone. */
function dayOf(zone: string, time: number): number {
  const [month = 1, day = 1, year = 1970] = formatOf(zone).format(time).split("/").map(Number);
  return Date.UTC(year, month - 1, day) / DAY_MS;
}

function formatOf(timeZone: string): Intl.DateTimeFormat {
  const known = formats.get(timeZone);
  if (known !== undefined) return known;
  const made = new Intl.DateTimeFormat("en-US", {
    calendar: "gregory",
    numberingSystem: "latn",
    year: "numeric",
    month: "numeric",
    day: "numeric",
    timeZone,
  });
  return keep(formats, timeZone, made);
}

function keep<T>(kept: Map<string, T>, key: string, value: T): T {
  if (kept.size >= MAX_KEPT) kept.clear();
  kept.set(key, value);
  return value;
}
