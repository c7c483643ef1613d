/** A longer word was not meant to be one of these, and would take its time to compare. */
const LONGEST = 100;
/** Names that are looked at, the first ones. */
const MOST_NAMES = 1_000;

/**
 * The name that was probably meant, when one is near enough to be worth a guess.
 *
 * **Guarantees** bounded, whatever a model has said: no word or name of more than 100 letters is
 * compared, nor more than 1,000 names.
 */
export function nearest(word: string, known: Iterable<string>): string | undefined {
  if (word.length > LONGEST) return undefined;
  let best: { readonly name: string; readonly edits: number } | undefined;
  let looked = 0;
  for (const name of known) {
    looked += 1;
    if (looked > MOST_NAMES) break;
    const most = Math.max(1, Math.floor(name.length / 3));
    if (name.length > LONGEST || Math.abs(name.length - word.length) > most) continue;
    const edits = editDistance(word.toLowerCase(), name.toLowerCase());
    if (edits <= most && (best === undefined || edits < best.edits)) best = { name, edits };
  }
  return best?.name;
}

/** A few words of it to end a sentence with; none where no name is near. */
export function didYouMean(word: string, known: Iterable<string>): string {
  const name = nearest(word, known);
  return name === undefined || name === word ? "" : `; did you mean "${name}"?`;
}

/** Insertions, deletions, replacements and swaps of neighbours (optimal string alignment). */
function editDistance(a: string, b: string): number {
  let before: number[] = [];
  let above = Array.from({ length: b.length + 1 }, (_, column) => column);
  for (let row = 1; row <= a.length; row += 1) {
    const current = [row];
    for (let column = 1; column <= b.length; column += 1) {
      const same = a[row - 1] === b[column - 1];
      let edits = Math.min(
        at(above, column) + 1,
        at(current, column - 1) + 1,
        at(above, column - 1) + (same ? 0 : 1),
      );
      const swapped = a[row - 1] === b[column - 2] && a[row - 2] === b[column - 1];
      if (swapped && row > 1 && column > 1) edits = Math.min(edits, at(before, column - 2) + 1);
      current.push(edits);
    }
    before = above;
    above = current;
  }
  return at(above, b.length);
}

function at(row: readonly number[], column: number): number {
  return row[column] ?? Number.POSITIVE_INFINITY;
}
