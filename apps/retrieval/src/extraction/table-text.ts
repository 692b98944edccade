const LONGEST_HEADER = 100;
const MOST_HEADERS = 64;
const NUMBER = /^[-+]?[\d.,]+%?$/;

/**
 * The rows of a table as lines that can stand alone. When the first row names the columns, each row says the names:
 * `City: Bern | Population: 134794`; else its cells only: `Bern | 134794`. A chunk from the middle of a table
 * would otherwise not say what its numbers are.
 */
export class TableText {
  #names: string[] | undefined;

  /** The line of the next row, with its line end; nothing for a row without text. */
  row(values: readonly string[]): string {
    const cells = values.map((value) => value.replace(/\s+/g, ' ').trim());
    if (cells.every((cell) => cell === '')) return '';
    const names = this.#names;
    if (!names) {
      this.#names = nameColumns(cells) ? [...cells] : [];
      return `${cells.filter((cell) => cell !== '').join(' | ')}\n`;
    }
    const line = cells.flatMap((cell, column) => {
      if (cell === '') return [];
      const name = names[column];
      return [name === undefined ? cell : `${name}: ${cell}`];
    });
    return `${line.join(' | ')}\n`;
  }
}

const nameColumns = (cells: readonly string[]): boolean =>
  cells.length >= 2 &&
  cells.length <= MOST_HEADERS &&
  new Set(cells).size === cells.length &&
  cells.every((cell) => cell !== '' && cell.length <= LONGEST_HEADER && !NUMBER.test(cell));
