/**
 * The most characters of a word or name that is compared: a longer one is no misspelling, and slow
 * to compare.
 */
const MAX_LENGTH = 100;
/** The most names that are compared, the first ones. */
const MAX_NAMES = 1_000;

/**
 * Returns the name that was probably meant, when one is similar enough.
 *
 * **Guarantees** bounded, whatever a model writes: no word or name of more than 100 characters is
 * compared, nor more than 1,000 names.
 */
export function nearest(word: string, known: Iterable<string>): string | undefined {
  if (word.length > MAX_LENGTH || word.length < 2) return undefined;
  let best: { readonly name: string; readonly edits: number } | undefined;
  let looked = 0;
  for (const name of known) {
    looked += 1;
    if (looked > MAX_NAMES) break;
    const most = name.length < 3 ? 0 : Math.max(1, Math.floor(name.length / 3));
    if (name.length > MAX_LENGTH || Math.abs(name.length - word.length) > most) continue;
    const edits = editDistance(word.toLowerCase(), name.toLowerCase());
    if (edits <= most && (best === undefined || edits < best.edits)) best = { name, edits };
  }
  return best?.name;
}

/** Returns the end of a sentence that suggests a name; empty when none is similar. */
export function didYouMean(word: string, known: Iterable<string>): string {
  const name = nearest(word, known);
  return name === undefined || name === word ? "" : `; did you mean "${name}"?`;
}

/**
 * Counts insertions, deletions, replacements and swaps of neighbours (optimal string alignment).
 */
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
