import { Archive } from '../archive';
import { ExtractionError } from '../extraction';
import { refuse } from '../messages';
import { mainPart, relationsOf } from '../office';
import type { FormatReader, Fragment, Reading } from '../reading';
import { localName, parseXml, readXml } from '../xml';
import { type CellStyle, cellText, columnOf, readStyles } from './xlsx-cells';
import { MergedRows, readMerges } from './xlsx-merges';

interface Workbook {
  sheets: { name: string; part: string }[];
  strings: string[];
  styles: CellStyle[];
  /** Days count from 1904, as on the first Macintosh. */
  from1904: boolean;
}

/** Excel: each sheet under its name, each row a line, dates as dates. Sheets are streamed at any length. */
export const readXlsx: FormatReader = async function* (reading: Reading): AsyncGenerator<Fragment> {
  const archive = await Archive.open(reading.path, reading.limits, reading.expansion);
  try {
    const workbook = await readWorkbook(archive, reading);
    reading.summary.pages = workbook.sheets.length;
    for (const [at, sheet] of workbook.sheets.entries()) {
      for await (const text of sheetText(archive, sheet.part, workbook, reading))
        yield { text, heading: sheet.name, markup: 'plain' };
      reading.progress(at + 1, workbook.sheets.length);
    }
  } finally {
    archive.close();
  }
};

async function readWorkbook(archive: Archive, { limits }: Reading): Promise<Workbook> {
  const main = await mainPart(archive);
  if (main === undefined) throw refuse.damaged();
  if (main.endsWith('.bin'))
    throw new ExtractionError('unsupported', 'This is a binary Excel workbook (XLSB). Save it as XLSX.');
  const relations = await relationsOf(archive, main);
  const partOf = (type: string) => [...relations.values()].find((relation) => relation.type === type)?.target;
  const workbook: Workbook = { sheets: [], strings: [], styles: [], from1904: false };
  await readXml(archive.text(main), {
    open: ({ name, attributes }) => {
      if (localName(name) === 'workbookPr') workbook.from1904 = /^(1|true)$/.test(attributes['date1904'] ?? '');
      if (localName(name) !== 'sheet') return;
      const id = Object.entries(attributes).find(([key]) => key.includes(':') && localName(key) === 'id')?.[1];
      const sheet = id === undefined ? undefined : relations.get(id);
      if (sheet?.type === 'worksheet')
        workbook.sheets.push({ name: attributes['name'] ?? `Sheet ${workbook.sheets.length + 1}`, part: sheet.target });
    },
  });
  if (workbook.sheets.length > limits.maxPages) throw refuse.tooManyPages(workbook.sheets.length, 'sheets', limits);
  const styles = partOf('styles');
  if (styles !== undefined && archive.has(styles)) workbook.styles = await readStyles(archive.text(styles));
  const strings = partOf('sharedStrings');
  if (strings !== undefined && archive.has(strings)) workbook.strings = await readStrings(archive, strings);
  return workbook;
}

/** The shared texts of cells, by number; phonetic readings of Japanese words (`rPh`) are skipped. */
async function readStrings(archive: Archive, part: string): Promise<string[]> {
  const strings: string[] = [];
  let text = '';
  let inText = false;
  let inReading = false;
  await readXml(archive.text(part), {
    open: ({ name }) => {
      const local = localName(name);
      if (local === 'si') text = '';
      else if (local === 'rPh') inReading = true;
      else if (local === 't') inText = !inReading;
    },
    text: (piece) => {
      if (inText) text += piece;
    },
    close: (name) => {
      const local = localName(name);
      if (local === 'si') strings.push(text);
      else if (local === 'rPh') inReading = false;
      else if (local === 't') inText = false;
    },
  });
  return strings;
}

async function* sheetText(
  archive: Archive,
  part: string,
  { strings, styles, from1904 }: Workbook,
  { limits }: Reading,
): AsyncGenerator<string> {
  const rows = new MergedRows(await readMerges(archive, part));
  let lines: string[] = [];
  let row: string[] = [];
  let number = 0;
  let cell: { column: number; type: string; style: CellStyle } | undefined;
  let value = '';
  let formula = '';
  let inValue = false;
  let inFormula = false;
  const parsing = parseXml(archive.text(part), {
    open: ({ name, attributes }) => {
      const local = localName(name);
      if (local === 'row') {
        row = [];
        number = Number(attributes['r'] ?? number + 1);
      } else if (local === 'c') {
        const column = columnOf(attributes['r']) ?? row.length;
        if (column >= limits.maxColumns) throw refuse.tooManyColumns(column + 1, limits);
        cell = { column, type: attributes['t'] ?? 'n', style: styles[Number(attributes['s'] ?? 0)] ?? 'plain' };
        value = formula = '';
      } else if (local === 'v' || local === 't') inValue = cell !== undefined;
      else if (local === 'f') inFormula = cell !== undefined;
    },
    text: (piece) => {
      if (inValue) value += piece;
      else if (inFormula) formula += piece;
    },
    close: (name) => {
      const local = localName(name);
      if (local === 'v' || local === 't') inValue = false;
      else if (local === 'f') inFormula = false;
      else if (local === 'c' && cell) {
        while (row.length < cell.column) row.push('');
        row[cell.column] = cellText({ value, formula }, cell.type, cell.style, strings, from1904);
        cell = undefined;
      } else if (local === 'row') lines.push(rows.line(number, row));
    },
  });
  while (!(await parsing.next()).done) {
    yield lines.join('');
    lines = [];
  }
  yield lines.join('') + rows.end();
}
