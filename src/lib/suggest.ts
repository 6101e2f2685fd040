/**
 * The known word nearest to a mistyped one (Damerau-Levenshtein distance, at most a third of the word's length), or
 * `undefined` when nothing is near.
 */
export function nearestWord(word: string, known: Iterable<string>): string | undefined {
  let best: string | undefined;
  if (word.length > longestWord) return undefined;
  let bestDistance = Math.max(1, Math.floor(Math.max(word.length, 3) / 3)) + 1;
  let compared = 0;
  for (const candidate of known) {
    // As many letters as one is longer have to be put in.
    if (Math.abs(candidate.length - word.length) >= bestDistance) continue;
    compared += 1;
    if (compared > mostCompared) return best;
    const distance = editDistance(word.toLowerCase(), candidate.toLowerCase(), bestDistance);
    if (distance < bestDistance) {
      best = candidate;
      bestDistance = distance;
    }
  }
  return best;
}

/** `did you mean "x"?`, or nothing. */
export function didYouMean(word: string, known: Iterable<string>): string | undefined {
  const nearest = nearestWord(word, known);
  return nearest === undefined ? undefined : `did you mean "${nearest}"?`;
}

/** Nobody mistypes more. */
const longestWord = 200;

/** Thousands of names, each asked for wrongly, must not cost millions of comparisons. */
const mostCompared = 500;

/** The distance, or at least `enough` when it is not below that. */
function editDistance(a: string, b: string, enough: number): number {
  let beforePrevious: number[] = [];
  let previous = Array.from({ length: b.length + 1 }, (_, index) => index);
  for (let i = 1; i <= a.length; i++) {
    const row = [i];
    for (let j = 1; j <= b.length; j++) {
      const substitution = (previous[j - 1] ?? 0) + (a[i - 1] === b[j - 1] ? 0 : 1);
      let distance = Math.min((previous[j] ?? 0) + 1, (row[j - 1] ?? 0) + 1, substitution);
      if (i > 1 && j > 1 && a[i - 1] === b[j - 2] && a[i - 2] === b[j - 1]) {
        distance = Math.min(distance, (beforePrevious[j - 2] ?? 0) + 1);
      }
      row.push(distance);
    }
    if (Math.min(...row) >= enough && Math.min(...previous) >= enough) return enough;
    beforePrevious = previous;
    previous = row;
  }
  return previous[b.length] ?? 0;
}
