/** Spreadsheets calculate a cell that begins with one of these. */
const FORMULA = /^[=+\-@\t\r]/;

/** A line of a CSV file. What a spreadsheet would calculate is kept as text: anybody may choose a name. */
export function csvLine(cells: readonly string[]): string {
  return `${cells.map(csvCell).join(',')}\r\n`;
}

function csvCell(text: string): string {
  const plain = FORMULA.test(text) ? `'${text}` : text;
  return /[",\r\n;]/.test(plain) ? `"${plain.replaceAll('"', '""')}"` : plain;
}
