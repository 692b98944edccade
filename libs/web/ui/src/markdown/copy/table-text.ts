/** Rows of plain texts, the head first. */
export type TableTexts = readonly (readonly string[])[];

/** Without it office programs take the bytes for those of an old code page. */
const BYTE_ORDER_MARK = '\uFEFF';
/** What office programs run as a formula; numbers with a sign are none. */
const FORMULA = /^[=+\-@\t\r](?![\d.,\s]*$)/;

/** As office programs paste it: one line for each row. */
export function toTsv(rows: TableTexts): string {
  return rows.map((cells) => cells.map((cell) => cell.replace(/\s+/g, ' ')).join('\t')).join('\n');
}

/** As a file for office programs. A model wrote it, so nothing in it runs there: a cell that would be a formula begins with an apostrophe. */
export function toCsv(rows: TableTexts): string {
  const cellOf = (cell: string) => {
    const text = FORMULA.test(cell) ? `'${cell}` : cell;
    return /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
  };
  return BYTE_ORDER_MARK + rows.map((cells) => `${cells.map(cellOf).join(',')}\r\n`).join('');
}
