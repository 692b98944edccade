import type { Runs } from './colours';

/** Lines that are rendered as one unit: a growing block renders its last one only. */
const LINES = 50;
/** A part with more pieces stays plain: it is one long line that a program wrote, and its elements would cost more than its colours tell. */
const MOST_RUNS = 4_000;

/** A text in parts, the last of which may still grow. */
export function chunksOf(text: string): string[] {
  const found: string[] = [];
  let from = 0;
  let lines = 0;
  for (let at = text.indexOf('\n'); at !== -1; at = text.indexOf('\n', at + 1)) {
    if (++lines % LINES > 0) continue;
    found.push(text.slice(from, at + 1));
    from = at + 1;
  }
  if (from < text.length) found.push(text.slice(from));
  return found;
}

/**
 * The pieces of each part of a text, from the beginning of that part. A part whose pieces are the same as before keeps its old array, so that what shows it
 * need not render again.
 */
export function runsOfChunks(runs: Runs, chunks: readonly string[], before: readonly Runs[]): readonly Runs[] {
  let from = 0;
  let run = 0;
  return chunks.map(({ length }, nth) => {
    const to = from + length;
    const found: number[] = [];
    while (run < runs.length && runs[run]! < to) {
      const [start, end, kind] = [runs[run]!, runs[run + 1]!, runs[run + 2]!];
      found.push(Math.max(start, from) - from, Math.min(end, to) - from, kind);
      // What goes on in the next part is looked at there again.
      if (end > to) break;
      run += 3;
    }
    from = to;
    const old = before[nth];
    if (found.length > 3 * MOST_RUNS) found.length = 0;
    return old && isSame(old, found) ? old : Uint32Array.from(found);
  });
}

function isSame(old: Runs, found: readonly number[]): boolean {
  return old.length === found.length && found.every((value, at) => value === old[at]);
}
