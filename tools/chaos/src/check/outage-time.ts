/** A stretch of time (epoch milliseconds). */
export interface Span {
  from: number;
  to: number;
}

export function overlaps(one: Span, other: Span): boolean {
  return one.from <= other.to && other.from <= one.to;
}

/** Milliseconds of [from, to] that at least one outage covers. */
export function covered(outages: readonly Span[], from: number, to: number): number {
  let sum = 0;
  let reached = from;
  for (const outage of [...outages].sort((a, b) => a.from - b.from)) {
    const begin = Math.max(outage.from, reached);
    const end = Math.min(outage.to, to);
    if (end <= begin) continue;
    sum += end - begin;
    reached = end;
  }
  return sum;
}
