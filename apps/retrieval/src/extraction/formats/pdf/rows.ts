import type { Segment } from './segments';

/** Segments on one base line, from left to right. */
export interface Row {
  y: number;
  /** Of its largest letters. */
  size: number;
  segments: Segment[];
}

/** Base lines that differ by less than this, in letter sizes, are one row: cells of a table may be set a little higher than others. */
const SAME_ROW = 0.35;

/** The rows of one flow, from above. */
export function rowsOf(flow: readonly Segment[]): Row[] {
  const rows: Row[] = [];
  for (const segment of flow) {
    const last = rows.at(-1);
    if (last && Math.abs(segment.y - last.y) <= SAME_ROW * Math.min(last.size, segment.size)) {
      last.segments.push(segment);
      last.size = Math.max(last.size, segment.size);
    } else rows.push({ y: segment.y, size: segment.size, segments: [segment] });
  }
  for (const row of rows) row.segments.sort((one, other) => one.left - other.left);
  return rows;
}

/** The text of a row outside of tables. */
export const rowText = ({ segments }: Row): string => segments.map(({ text }) => text).join(' ');
