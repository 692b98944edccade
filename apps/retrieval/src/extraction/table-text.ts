const LONGEST_HEADER = 100;
const MOST_HEADERS = 64;
const NUMBER = /^[-+]?[\d.,]+%?$/;

/** A year, as a column's name. */
const YEAR = /^(?:1[89]|20|21)\d\d$/;
/** Titles and notes that may precede the row with the column names. */
const MOST_TITLES = 5;

/**
 * The rows of a table as self-contained lines. If a row names the columns (the first one, or the first below titles of one cell each), each
 * later row repeats the names: `City: Bern | Population: 134794`; otherwise only its cells: `Bern | 134794`. Without the names a chunk from
 * the middle of a table would not say what its numbers mean.
 */
export class TableText {
  private names: string[] | undefined;
  private titles = 0;

  /** Rows above have told the names of the columns. Returns their line. */
  head(names: readonly string[]): string {
    this.names = names.map((name) => name.replace(/\s+/g, ' ').trim());
    return `${this.names.filter((name) => name !== '').join(' | ')}\n`;
  }

  /** The line of the next row, with its line end; nothing for a row without text. */
  row(values: readonly string[]): string {
    const cells = values.map((value) => value.replace(/\s+/g, ' ').trim());
    const filled = cells.filter((cell) => cell !== '');
    if (filled.length === 0) return '';
    const names = this.names;
    if (names) return rowLine(cells, names);
    if (nameColumns(cells)) this.names = cells;
    else if (filled.length > 1 || ++this.titles >= MOST_TITLES) this.names = [];
    return `${filled.join(' | ')}\n`;
  }
}

/** A row with the names of its columns, and its line end; cells without text are left out. */
export function rowLine(cells: readonly string[], names: readonly string[]): string {
  const parts = cells.flatMap((cell, column) => {
    if (cell === '') return [];
    const name = names[column];
    return [name ? `${name}: ${cell}` : cell];
  });
  return `${parts.join(' | ')}\n`;
}

/** The first column may have no name, for example if it numbers the rows; years may be names beside one with a word. */
function nameColumns(cells: readonly string[]): boolean {
  const [first = '', ...others] = cells.slice(0, cells.findLastIndex((cell) => cell !== '') + 1);
  const names = first === '' ? others : [first, ...others];
  const years = names.filter((name) => YEAR.test(name));
  return (
    names.length >= 2 &&
    names.length <= MOST_HEADERS &&
    new Set(names).size === names.length &&
    names.every((name) => name !== '' && name.length <= LONGEST_HEADER && (!NUMBER.test(name) || YEAR.test(name))) &&
    (years.length === 0 || (years.length >= 2 && !YEAR.test(first) && ascending(years)))
  );
}

/** Numbers that only look like years are not ascending. */
const ascending = (years: readonly string[]): boolean =>
  years.every((year, at) => at === 0 || Number(year) > Number(years[at - 1]));
