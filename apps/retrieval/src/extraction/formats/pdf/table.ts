import { rowLine } from '../../table-text';
import type { Row } from './rows';
import type { Segment } from './segments';

/** Where a column of a table is. */
interface Column {
  left: number;
  right: number;
}

/** A table as it is read: its columns, and their names where it has them. It may go on on the next page. */
export interface TableShape {
  columns: Column[];
  names: string[] | undefined;
}

/** The next row of a table is nearer than this, in letter sizes. */
const ROW_GAP = 4;
/** A line of a cell that is nearer than this, in letter sizes, continues the cell above it. */
const CELL_LINE = 1.45;
/** A gutter may be crossed by this share of the rows: by cells that span columns. */
const SPANNING_SHARE = 0.2;
/** In points. */
const NARROWEST_GUTTER = 1;
/** A row with this share of the most cells tells where the columns are. */
const WHOLE_SHARE = 0.75;
/** A cell spans the columns that this part of it is in. */
const SPANNED_PART = 0.2;
const MIN_ROWS = 3;
/** A row of more segments is a drawing. */
const MOST_COLUMNS = 80;
/** A row of the head that spans columns is among the first. */
const HEAD_ROWS = 4;
/** Lists number their items in a column of their own. */
const LIST_MARK = /^(?:[-–—•●◦▪*]|\(?(?:\d{1,3}|[a-z]|[ivx]{1,5})[.)])$/i;

/**
 * The table that begins at a row, and the row after it; undefined if there is none. With `before` it may be the rest of that one, from the page
 * before.
 */
export function tableAt(
  rows: readonly Row[],
  from: number,
  before?: TableShape,
): { text: string; shape: TableShape; next: number } | undefined {
  if ((rows[from]?.segments.length ?? 0) < 2) return undefined;
  const next = endOfRows(rows, from);
  const found = rows.slice(from, next);
  if (before) {
    const rest = restOf(found, before);
    if (rest !== undefined) return { text: rest, shape: before, next };
  }
  const several = found.filter(({ segments }) => segments.length > 1);
  if (several.length < MIN_ROWS) return undefined;
  const columns = columnsOf(several);
  if (columns.length < 2 || isList(several, columns)) return undefined;
  const cells = mergedLines(found, columns);
  const head = headOf(found, cells, columns);
  const lines = head ? [`${head.names.join(' | ')}\n`] : [];
  for (const row of cells.slice(head?.rows ?? 0)) lines.push(rowLine(row, head?.names ?? []));
  return { text: lines.join(''), shape: { columns, names: head?.names }, next };
}

/** After the last row that may belong to a table: rows of several cells, and single cells near them. */
export function endOfRows(rows: readonly Row[], from: number): number {
  let end = from;
  for (let at = from; at < rows.length; at += 1) {
    const [row, above] = [rows[at], rows[at - 1]];
    if (!row) break;
    if (at > from && above && row.y - above.y > ROW_GAP * Math.max(row.size, above.size)) break;
    if (row.segments.length > MOST_COLUMNS) break;
    if (row.segments.length > 1) end = at + 1;
    else if (at > from && !isCellLine(row, rows.slice(Math.max(from, at - HEAD_ROWS), at))) break;
  }
  return end;
}

/** Whether a single segment is no wider than a cell above it. */
function isCellLine({ segments: [segment] }: Row, above: readonly Row[]): boolean {
  return (
    segment !== undefined &&
    !above.some((row) => row.segments.length > 1 && row.segments.every((cell) => overlaps(cell, segment)))
  );
}

const overlaps = (one: Column, other: Column): boolean => one.left < other.right && other.left < one.right;

/**
 * The columns of rows of several cells: what no cell crosses but those that span columns. Rows with many cells tell them; below the head the
 * others may add some that are mostly empty.
 */
function columnsOf(rows: readonly Row[]): Column[] {
  const most = rows.reduce((length, { segments }) => Math.max(length, segments.length), 0);
  const isWhole = ({ segments }: Row): boolean => segments.length >= most * WHOLE_SHARE;
  const whole = rows.filter(isWhole);
  const cells = whole.flatMap(({ segments }) => segments);
  const gutters = rareGaps(cells, Math.floor(whole.length * SPANNING_SHARE));
  const inOne = cells.filter((cell) => !gutters.some(([begin, end]) => cell.left < begin && cell.right > end));
  const columns = disjoint(inOne);
  const below = rows.slice(rows.findIndex(isWhole)).flatMap(({ segments }) => segments);
  return disjoint([...columns, ...below.filter((cell) => !columns.some((column) => overlaps(cell, column)))]);
}

/** Ranges that overlap are one. */
function disjoint(ranges: readonly Column[]): Column[] {
  const columns: Column[] = [];
  for (const { left, right } of ranges.toSorted((one, other) => one.left - other.left)) {
    const last = columns.at(-1);
    if (last && left < last.right + NARROWEST_GUTTER) last.right = Math.max(last.right, right);
    else columns.push({ left, right });
  }
  return columns;
}

/** Ranges between cells that at most `most` of them cross. */
function rareGaps(cells: readonly Segment[], most: number): [number, number][] {
  const events = cells.flatMap(({ left, right }) => [
    { x: left, change: 1 },
    { x: right, change: -1 },
  ]);
  events.sort((one, other) => one.x - other.x || one.change - other.change);
  const gaps: [number, number][] = [];
  let open = 0;
  let begin: number | undefined;
  for (const { x, change } of events) {
    open += change;
    if (open <= most && begin === undefined) begin = x;
    else if (open > most && begin !== undefined) {
      gaps.push([begin, x]);
      begin = undefined;
    }
  }
  return gaps;
}

const isList = (rows: readonly Row[], columns: readonly Column[]): boolean =>
  columns.length === 2 &&
  rows.filter(({ segments: [first] }) => LIST_MARK.test(first?.text ?? '')).length > rows.length / 2;

/** The columns that a good part of a cell is in, each of them as wide as the middles of the gutters around it. */
function placesOf(cell: Column, columns: readonly Column[]): number[] {
  const parts = columns.map(({ left, right }, at) => {
    const begin = at === 0 ? -Infinity : ((columns[at - 1]?.right ?? left) + left) / 2;
    const end = at === columns.length - 1 ? Infinity : ((columns[at + 1]?.left ?? right) + right) / 2;
    return Math.min(cell.right, end) - Math.max(cell.left, begin);
  });
  const enough = Math.min((cell.right - cell.left) * SPANNED_PART, Math.max(...parts));
  return parts.flatMap((part, at) => (part >= enough ? [at] : []));
}

/** The text of each column; of a cell that spans several in each of them when it names them, else in the first. */
function cellsOf({ segments }: Row, columns: readonly Column[], inEach: boolean): string[] {
  const cells = columns.map(() => '');
  for (const segment of segments) {
    const places = placesOf(segment, columns);
    for (const at of inEach ? places : places.slice(0, 1))
      cells[at] = [cells[at], segment.text].filter(Boolean).join(' ');
  }
  return cells;
}

/** The cells of each row; lines of a cell are joined. A merged row is empty, so that positions stay. */
function mergedLines(rows: readonly Row[], columns: readonly Column[]): string[][] {
  const all = rows.map((row) => cellsOf(row, columns, false));
  const isApart = areApart(rows);
  let into = 0;
  for (const [at, row] of rows.entries()) {
    const [cells, target, above] = [all[at], all[into], rows[at - 1]];
    const isLine =
      above &&
      cells &&
      target &&
      row.y - above.y < CELL_LINE * row.size &&
      (isApart || cells[0] === '') &&
      isPartOf(cells, target);
    if (!isLine) into = at;
    else {
      for (const [column, cell] of cells.entries()) target[column] = [target[column], cell].filter(Boolean).join(' ');
      all[at] = columns.map(() => '');
    }
  }
  return all;
}

/** Whether most rows are further apart than the lines of a cell. */
function areApart(rows: readonly Row[]): boolean {
  const apart = rows.filter((row, at) => at > 0 && row.y - (rows[at - 1]?.y ?? 0) >= CELL_LINE * row.size);
  return apart.length >= (rows.length - 1) / 2;
}

/** Fewer cells, and none without one above it. */
const isPartOf = (cells: readonly string[], above: readonly string[]): boolean =>
  cells.every((cell, column) => cell === '' || above[column] !== '') &&
  cells.some((cell, column) => cell === '' && above[column] !== '');

/** The names of the columns, and how many rows hold them. */
function headOf(
  rows: readonly Row[],
  cells: readonly (readonly string[])[],
  columns: readonly Column[],
): { names: string[]; rows: number } | undefined {
  if (columns.length < 3) return undefined;
  const spans = rows
    .slice(0, HEAD_ROWS)
    .findLastIndex(({ segments }) => segments.some((cell) => placesOf(cell, columns).length > 1));
  if (spans >= 0) {
    // The row below what spans columns names each of them, unless the names stand on both rows.
    const full = cells.findIndex((row) => row.every((cell) => cell !== ''));
    const end = full === spans + 1 && areNames(cells[full] ?? [], cells.slice(full + 1)) ? full + 1 : full;
    if (end <= 0 || end > HEAD_ROWS) return undefined;
    const above = rows.slice(0, end).map((row) => cellsOf(row, columns, true));
    const names = columns.map((_, column) =>
      above
        .map((row) => row[column])
        .filter(Boolean)
        .join(' '),
    );
    return { names, rows: end };
  }
  const names = [...(cells[0] ?? [])];
  const named = names.filter((name) => name !== '');
  if (named.length < Math.max(2, columns.length - 1) || new Set(named).size < named.length) return undefined;
  return areNames(names, cells.slice(1)) ? { names, rows: 1 } : undefined;
}

/** Names have no digits where most of their cells have some. */
function areNames(names: readonly string[], below: readonly (readonly string[])[]): boolean {
  const body = below.filter((row) => row.some((cell) => cell !== ''));
  return names.some((name, column) => {
    const numbers = body.filter((row) => /\d/.test(row[column] ?? ''));
    return name !== '' && !/\d/.test(name) && numbers.length > body.length / 2;
  });
}

/** The rows of the rest of a table on the next page, without its repeated head; undefined if they are none. */
function restOf(rows: readonly Row[], { columns, names }: TableShape): string | undefined {
  if (rows.length === 0) return undefined;
  const own = columnsOf(rows);
  const fits = (column: Column): boolean => columns.filter((other) => overlaps(column, other)).length === 1;
  if (own.length < 2 || own.length > columns.length || !own.every(fits)) return undefined;
  const cells = mergedLines(rows, columns);
  const isHead = (row: readonly string[]): boolean =>
    names !== undefined && row.every((cell, at) => cell === '' || (names[at] ?? '').includes(cell));
  const repeated = cells.findIndex((row) => !isHead(row));
  return cells
    .slice(Math.max(0, repeated))
    .map((row) => rowLine(row, names ?? []))
    .join('');
}
