/** A run of text from pdf.js, which is untrusted: `transform` maps it onto the page, in points from the lower left corner. */
export interface TextRun {
  str: string;
  transform: readonly number[];
  width: number;
  height: number;
}

/** Text of one line without a wide gap, from the upper left corner of the page as it is read. */
export interface Segment {
  text: string;
  left: number;
  right: number;
  /** Its base line, from above. */
  y: number;
  /** Size of its letters, in points. */
  size: number;
}

/** Wider gaps, in letter sizes, separate cells or columns. */
const WIDE_GAP = 1.1;
/** Narrower gaps are within a word. */
const WORD_GAP = 0.15;
/** Base lines that differ by less than this, in letter sizes, are one line. */
const SAME_LINE = 0.3;
/** Smaller letters are raised or lowered beside their line by less than this, in sizes of the line. */
const RAISED = 0.65;
const SMALLER = 0.8;

interface Placed extends Segment {
  raised: boolean;
}

/**
 * The lines' segments of a page, and text in other directions than most of it (at its margins, across it). No text is lost, none is twice.
 */
export function segmentsOf(runs: readonly TextRun[]): { segments: Segment[]; aside: Segment[] } {
  const turn = mainDirection(runs);
  const straight: Placed[] = [];
  const others: Segment[] = [];
  for (const run of runs) {
    if (run.str.trim() === '') continue;
    const placed = place(run, turn);
    if (!placed) continue;
    if (directionOf(run) === turn) straight.push({ ...placed, raised: false });
    else others.push(placed);
  }
  return { segments: linesOf(straight).flatMap(joined), aside: others };
}

/** In quarter turns: 0 reads to the right, 1 upwards. Anything askew is what it is nearest to. */
function directionOf({ transform: [a = 1, b = 0] }: TextRun): number {
  const turns = Math.round(Math.atan2(b, a) / (Math.PI / 2));
  return Number.isFinite(turns) ? (turns + 4) % 4 : 0;
}

function mainDirection(runs: readonly TextRun[]): number {
  const letters = [0, 0, 0, 0];
  for (const run of runs) {
    const turn = directionOf(run);
    letters[turn] = (letters[turn] ?? 0) + run.str.length;
  }
  return letters.indexOf(Math.max(...letters));
}

/** Undefined for a run at no place. */
function place({ str, transform, width, height }: TextRun, turn: number): Segment | undefined {
  const [, , , , x, y] = transform;
  const size = height > 0 ? height : Math.hypot(transform[2] ?? 0, transform[3] ?? 0);
  if (x === undefined || y === undefined || ![x, y, width, size].every(Number.isFinite)) return undefined;
  const [along, down] = (
    [
      [x, -y],
      [y, x],
      [-x, y],
      [-y, -x],
    ] as const
  )[turn] ?? [x, -y];
  return { text: str, left: along, right: along + Math.max(0, width), y: down, size: size || 1 };
}

/** Runs on one base line, from left to right; smaller ones beside a line belong to it. */
function linesOf(runs: Placed[]): Placed[][] {
  const lines: { y: number; size: number; runs: Placed[] }[] = [];
  for (const run of runs.toSorted((one, other) => one.y - other.y || one.left - other.left)) {
    const line = lines.at(-1);
    const size = Math.max(line?.size ?? 0, run.size);
    if (line && Math.abs(run.y - line.y) <= SAME_LINE * Math.min(line.size, run.size)) line.runs.push(run);
    else if (line && Math.abs(run.y - line.y) <= RAISED * size && besides(line, run)) {
      // A line that began with its raised letters goes on with its own.
      if (run.size > line.size) for (const earlier of line.runs) earlier.raised = true;
      else run.raised = true;
      if (run.size > line.size) [line.y, line.size] = [run.y, run.size];
      line.runs.push(run);
    } else lines.push({ y: run.y, size: run.size, runs: [run] });
  }
  return lines.map((line) => line.runs.toSorted((one, other) => one.left - other.left));
}

/** Whether one is much smaller than the other, and directly beside it. */
function besides(line: { size: number; runs: Placed[] }, run: Placed): boolean {
  const [small, large] = [Math.min(line.size, run.size), Math.max(line.size, run.size)];
  if (small > large * SMALLER) return false;
  return line.runs.some(
    (other) => Math.abs(run.left - other.right) < large * 0.4 || Math.abs(other.left - run.right) < large * 0.4,
  );
}

/** Segments of a line. */
function joined(line: readonly Placed[]): Segment[] {
  const segments: Segment[] = [];
  for (const run of line) {
    const last = segments.at(-1);
    const size = Math.max(last?.size ?? 0, run.size);
    const gap = last ? run.left - last.right : Infinity;
    const text = run.raised && /^[\p{L}\p{N}]/u.test(run.text) && last ? `^${run.text}` : run.text;
    if (last && gap < WIDE_GAP * size) {
      const blank = gap > WORD_GAP * size && !/\s$/.test(last.text) && !/^\s/.test(text) ? ' ' : '';
      last.text += blank + text;
      last.right = Math.max(last.right, run.right);
      if (!run.raised && run.size > last.size) [last.size, last.y] = [run.size, run.y];
    } else segments.push({ text, left: run.left, right: run.right, y: run.y, size: run.size });
  }
  return segments.map((segment) => ({ ...segment, text: segment.text.trim() }));
}
