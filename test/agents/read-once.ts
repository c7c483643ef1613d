/** A value of which the first look says one thing, and the next nothing at all. */
export function readOnce(): never {
  let looks = 0;
  const input = {
    get at(): number {
      looks += 1;
      if (looks > 1) throw new Error("it was there a moment ago");
      return looks;
    },
  };
  return input as never;
}
