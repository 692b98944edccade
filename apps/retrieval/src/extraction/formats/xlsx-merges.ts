import type { Archive } from '../archive';
import { TableText } from '../table-text';
import { localName, readXml } from '../xml';
import { columnOf } from './xlsx-cells';

/** Cells that a sheet shows as one. Rows from 1, columns from 0; both ends are within. */
export interface Merge {
  top: number;
  bottom: number;
  left: number;
  right: number;
}

/** A sheet with more of them is a drawing. */
const MOST_MERGES = 20_000;
/** Rows of a head with merged cells. */
const MOST_HEAD_ROWS = 5;
/** The largest sheet that is read twice: its merged cells are listed behind its rows. */
const MOST_BYTES = 64 * 1024 * 1024;

/** The merged cells of a sheet, from above. None of a very large sheet. */
export async function readMerges(archive: Archive, part: string): Promise<Merge[]> {
  const merges: Merge[] = [];
  if (archive.sizeOf(part) > MOST_BYTES) return merges;
  await readXml(archive.text(part), {
    open: ({ name, attributes }) => {
      if (localName(name) !== 'mergeCell' || merges.length >= MOST_MERGES) return;
      const [from, to] = (attributes['ref'] ?? '').split(':').map((address) => ({
        column: columnOf(address),
        row: Number(/\d+$/.exec(address)?.[0]),
      }));
      if (from?.column === undefined || to?.column === undefined || !(from.row <= to.row)) return;
      merges.push({ top: from.row, bottom: to.row, left: from.column, right: to.column });
    },
  });
  return merges.sort((one, other) => one.top - other.top);
}

/**
 * The rows of a sheet as lines. A cell that is merged over rows is in each of them; a head of several rows whose cells span columns names each
 * column by all of them: `First half Spent`.
 */
export class MergedRows {
  private readonly table = new TableText();
  /** Merged cells that reach further down, by their column. */
  private readonly open = new Map<number, { text: string; bottom: number }>();
  private next = 0;
  private head: { rows: string[][]; bottom: number } | undefined;
  private named = false;

  constructor(private readonly merges: readonly Merge[]) {}

  /** The line of a row; nothing while the head is read. */
  line(number: number, cells: readonly string[]): string {
    const own = this.begun(number);
    const row = this.filledDown(number, [...cells], own);
    if (this.isHead(number, row, own)) {
      for (const { left, right } of own) {
        // A head's cell is wide, not endless.
        for (let column = left + 1; column <= Math.min(right, left + row.length); column += 1) row[column] ??= '';
        for (let column = left + 1; column <= right && column < row.length; column += 1)
          if (row[column] === '') row[column] = row[left] ?? '';
      }
      this.head?.rows.push(row);
      return this.head && number >= this.head.bottom ? this.end() : '';
    }
    return this.end() + this.table.row(row);
  }

  /** A head without rows below it. */
  end(): string {
    const { head } = this;
    this.head = undefined;
    if (!head) return '';
    this.named = true;
    const width = Math.max(...head.rows.map((row) => row.length));
    const names = Array.from({ length: width }, (_, column) =>
      [...new Set(head.rows.map((row) => row[column] ?? ''))].filter(Boolean).join(' '),
    );
    return this.table.head(names);
  }

  private begun(number: number): Merge[] {
    const own: Merge[] = [];
    for (; (this.merges[this.next]?.top ?? Infinity) <= number; this.next += 1) {
      const merge = this.merges[this.next];
      if (merge?.top === number) own.push(merge);
    }
    return own;
  }

  private filledDown(number: number, row: string[], own: readonly Merge[]): string[] {
    for (const [column, { text, bottom }] of this.open) {
      if (number > bottom) this.open.delete(column);
      else {
        while (row.length <= column) row.push('');
        if (row[column] === '') row[column] = text;
      }
    }
    for (const { left, bottom } of own) {
      const text = row[left] ?? '';
      if (bottom > number && text !== '') this.open.set(left, { text, bottom });
    }
    return row;
  }

  /** A head begins with a row of several cells, one of which spans columns. */
  private isHead(number: number, row: readonly string[], own: readonly Merge[]): boolean {
    if (this.head) return number <= this.head.bottom;
    const wide = own.filter(({ left, right }) => right > left && (row[left] ?? '') !== '');
    if (this.named || wide.length === 0 || row.filter((cell) => cell !== '').length < 2) return false;
    const bottom = Math.max(number + 1, ...own.map((merge) => merge.bottom));
    if (bottom - number >= MOST_HEAD_ROWS) return false;
    this.head = { rows: [], bottom };
    return true;
  }
}
