/** A day as clocks count it; where they are set, one of a zone is an hour longer or shorter. */
export const DAY_MS = 86_400_000;

/** No zone was ever further from UTC than this. */
const FURTHEST_MS = 26 * 3_600_000;

/** Making a format costs as much as fifty uses of it, finding a midnight another thirty. */
const formats = new Map<string, Intl.DateTimeFormat>();
const begins = new Map<string, number>();
const MOST_KEPT = 1_000;

/** Whether a zone is one of the IANA database that this runtime knows. */
export function isTimeZone(zone: unknown): zone is string {
  // Offsets such as +02:00 are no zones: they know of no summer.
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
 * When the window of `days` days that `now` lies in ends: at the midnight of `zone`, or at the
 * first moment of that day where clocks jump over its midnight. Windows are counted in the days
 * of the zone's calendar since 1970-01-01.
 */
export function zonedWindowEnd(days: number, zone: string, now: number): number {
  const next = (Math.floor(dayOf(zone, now) / days) + 1) * days;
  const end = beginOf(next, zone);
  // Clocks that are set back over midnight show the evening twice: then it ends with the second.
  return end > now ? end : search(next, zone, now, next * DAY_MS + FURTHEST_MS);
}

function beginOf(day: number, zone: string): number {
  const key = `${day} ${zone}`;
  const known = begins.get(key);
  if (known !== undefined) return known;
  const found = search(day, zone, day * DAY_MS - FURTHEST_MS, day * DAY_MS + FURTHEST_MS);
  return keep(begins, key, found);
}

/** The first moment of a day, between one before it and one that is not. */
function search(day: number, zone: string, before: number, after: number): number {
  let [low, high] = [before, after];
  while (high - low > 1) {
    const middle = Math.floor((low + high) / 2);
    if (dayOf(zone, middle) < day) low = middle;
    else high = middle;
  }
  return high;
}

/** How many days after 1970-01-01 a calendar in that zone shows. */
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
  if (kept.size >= MOST_KEPT) kept.clear();
  kept.set(key, value);
  return value;
}
