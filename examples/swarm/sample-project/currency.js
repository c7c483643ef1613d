const PER_EURO = { EUR: 1, CHF: 0.94, USD: 1.09 };

/** Converts an amount, rounded to cents. */
export function convert(amount, from, to) {
  const [source, target] = [PER_EURO[from], PER_EURO[to]];
  if (source === undefined || target === undefined) {
    throw new RangeError(`There is no rate from ${from} to ${to}`);
  }
  const CENTS = 100;
  return Math.round((amount / source) * target * CENTS) / CENTS;
}
