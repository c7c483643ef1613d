import { type Figure, type Prepared, sized, timed } from "./figure.ts";
import { startEcho } from "./port-trip.ts";

/** What every turn of a lonely agent pays to the platform: to read the other figures by. */
export const port: Figure = {
  name: "port",
  what: "round trip of one small message to a bare thread and back, one at a time, for scale",
  unit: "us",
  prepare: (size) => preparePort(sized(10_000, size)),
};

/** So many trips in each round. */
export async function preparePort(trips: number): Promise<Prepared> {
  const echo = startEcho();
  return {
    async round() {
      const ms = await timed(async () => {
        for (let n = 0; n < trips; n += 1) await echo.trip(n);
      });
      return (ms * 1_000) / trips;
    },
    [Symbol.asyncDispose]: () => echo[Symbol.asyncDispose](),
  };
}
