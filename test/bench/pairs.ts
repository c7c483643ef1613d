import type { Prepared } from "./figure.ts";

/**
 * Rounds that are pairs: what is found here, to what is found there. Who goes first takes turns: a
 * collection of garbage falls on either.
 */
export function pairs(here: Prepared, there: Prepared): Prepared {
  let isHereFirst = false;
  return {
    async round() {
      isHereFirst = !isHereFirst;
      const first = isHereFirst ? await here.round() : undefined;
      const other = await there.round();
      return (first ?? (await here.round())) / other;
    },
    async [Symbol.asyncDispose]() {
      await here[Symbol.asyncDispose]();
      await there[Symbol.asyncDispose]();
    },
  };
}
