import type { Segment } from './segments';

/** A gutter between columns is at least this wide, in letter sizes. */
const GUTTER = 0.9;
/** A segment is prose if it is wider than this, in letter sizes. */
const PROSE_WIDTH = 9;
/** Share of a column's text that is prose; a table's columns are narrow. */
const PROSE_SHARE = 0.6;
/** The same for columns whose lines are not beside each other, as the rows of a table are: they may hold tables themselves. */
const APART_SHARE = 0.35;
/** At most this share of the lines has a line of the other column beside it, within a part of a letter. */
const BESIDE_SHARE = 0.5;
const BESIDE = 0.3;
/** Lines of both columns together, at least. */
const MIN_LINES = 4;
const MAX_DEPTH = 6;
/** Where a gutter is looked for: not at the edges. */
const EDGE_SHARE = 0.12;
const POSITIONS = 400;

/**
 * Segments in the order in which a person reads them: columns of prose one after the other, between lines that run across them. Each part of
 * the result is one flow, read line by line. Tables stay whole.
 */
export function flowsOf(segments: readonly Segment[], depth = 0): Segment[][] {
  const sorted = segments.toSorted((one, other) => one.y - other.y || one.left - other.left);
  const gutter = depth < MAX_DEPTH ? gutterOf(sorted) : undefined;
  if (gutter === undefined) return sorted.length > 0 ? [sorted] : [];
  const flows: Segment[][] = [];
  let across: Segment[] = [];
  let [left, right]: [Segment[], Segment[]] = [[], []];
  const endColumns = (): void => {
    for (const side of [left, right]) for (const flow of flowsOf(side, depth + 1)) flows.push(flow);
    [left, right] = [[], []];
  };
  const endAcross = (): void => {
    if (across.length > 0) flows.push(across);
    across = [];
  };
  for (const segment of sorted) {
    if (crosses(segment, gutter)) {
      endColumns();
      across.push(segment);
    } else {
      endAcross();
      (segment.right <= gutter ? left : right).push(segment);
    }
  }
  endColumns();
  endAcross();
  return flows;
}

const crosses = ({ left, right }: Segment, x: number): boolean => left < x && right > x;

/** The middle of the gutter between two columns of prose, if there is one. */
function gutterOf(segments: readonly Segment[]): number | undefined {
  if (segments.length < MIN_LINES) return undefined;
  const left = segments.reduce((least, segment) => Math.min(least, segment.left), Infinity);
  const right = segments.reduce((most, segment) => Math.max(most, segment.right), -Infinity);
  const step = (right - left) / POSITIONS;
  if (!(step > 0)) return undefined;
  const crossing = crossings(segments, left, step);
  const from = Math.floor(POSITIONS * EDGE_SHARE);
  const inside = crossing.slice(from, POSITIONS - from);
  const least = Math.min(...inside);
  // Most of the text must be in columns.
  if (least > segments.length / 3) return undefined;
  const sizes = segments.map(({ size }) => size).sort((one, other) => one - other);
  const size = sizes[Math.floor(sizes.length / 2)] ?? 1;
  const found = plateaus(inside, least)
    .map(([begin, end]) => ({ x: left + (from + (begin + end) / 2) * step, width: (end - begin) * step }))
    .filter(({ width }) => width >= GUTTER * size)
    .toSorted((one, other) => other.width - one.width);
  return found.find(({ x }) => separatesProse(segments, x))?.x;
}

/** How many segments cross each position, in one pass over the segments. */
function crossings(segments: readonly Segment[], from: number, step: number): number[] {
  const changes = new Array<number>(POSITIONS + 2).fill(0);
  for (const { left, right } of segments) {
    const [begin, end] = [
      Math.max(0, Math.floor((left - from) / step)),
      Math.min(POSITIONS, Math.ceil((right - from) / step)),
    ];
    changes[begin] = (changes[begin] ?? 0) + 1;
    changes[end] = (changes[end] ?? 0) - 1;
  }
  let count = 0;
  return changes.slice(0, POSITIONS).map((change) => (count += change));
}

function plateaus(counts: readonly number[], level: number): [number, number][] {
  const found: [number, number][] = [];
  let begin = -1;
  for (let at = 0; at <= counts.length; at += 1) {
    if (at < counts.length && counts[at] === level) {
      if (begin < 0) begin = at;
    } else if (begin >= 0) {
      found.push([begin, at]);
      begin = -1;
    }
  }
  return found;
}

function separatesProse(segments: readonly Segment[], x: number): boolean {
  const sides = [segments.filter(({ right }) => right <= x), segments.filter(({ left }) => left >= x)] as const;
  if (sides[0].length + sides[1].length < MIN_LINES) return false;
  const share = Math.min(...sides.map(proseShare));
  if (share < APART_SHARE || (share < PROSE_SHARE && besideShare(...sides) > BESIDE_SHARE)) return false;
  const [top, bottom] = [
    Math.max(...sides.map((side) => side[0]?.y ?? 0)),
    Math.min(...sides.map((side) => side.at(-1)?.y ?? 0)),
  ];
  // Side by side, and not one below the other.
  return bottom >= top;
}

function proseShare(side: readonly Segment[]): number {
  let [all, prose] = [0, 0];
  for (const { left, right, size } of side) {
    all += right - left;
    if (right - left > PROSE_WIDTH * size) prose += right - left;
  }
  return all === 0 ? 0 : prose / all;
}

/** Share of the left lines that have a right one beside them. Both are sorted from above. */
function besideShare(left: readonly Segment[], right: readonly Segment[]): number {
  let [at, beside] = [0, 0];
  for (const { y, size } of left) {
    while (at < right.length && (right[at]?.y ?? 0) < y - BESIDE * size) at += 1;
    if (Math.abs((right[at]?.y ?? Infinity) - y) <= BESIDE * size) beside += 1;
  }
  return beside / left.length;
}
