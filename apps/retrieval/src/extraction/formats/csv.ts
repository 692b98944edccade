import { pipeline, Readable } from 'node:stream';
import { CsvError, parse } from 'csv-parse';
import { decoded, tellEncoding } from '../encoding';
import { refuse } from '../messages';
import type { FormatReader, Fragment, Reading } from '../reading';
import { TableText } from '../table-text';

/** A longer row has lost its line ends, or has an unclosed quote. */
const MAX_ROW_LENGTH = 16 * 1024 * 1024;
const SEPARATORS = [',', ';', '\t', '|'];
const ROWS_PER_FRAGMENT = 200;

/** Rows of a table in text; the separator is the most frequent candidate of the first line. */
export const readCsv: FormatReader = async function* (reading: Reading): AsyncGenerator<Fragment> {
  const { path, head, limits, summary } = reading;
  const encoding = await tellEncoding(path, head);
  summary.encoding = encoding.label;
  const separator = separatorOf(new TextDecoder(encoding.label).decode(head).split(/[\r\n]/, 1)[0] ?? '');
  // A row of millions of columns is refused before a parser holds them all.
  const columns = await columnsOfFirstLine(decoded(path, encoding), separator);
  if (columns > limits.maxColumns) throw refuse.tooManyColumns(columns, limits);
  const table = new TableText();
  let lines: string[] = [];
  // With an unclosed quote the rows before it are kept; from there on quotes are plain characters.
  let next = 1;
  for (const quote of ['"', null]) {
    try {
      for await (const { record, info } of records(decoded(path, encoding), { separator, quote, from: next })) {
        if (record.length > limits.maxColumns) throw refuse.tooManyColumns(record.length, limits);
        next = info.lines + 1;
        lines.push(table.row(record));
        if (lines.length < ROWS_PER_FRAGMENT) continue;
        yield { text: lines.join(''), markup: 'plain' };
        lines = [];
      }
      break;
    } catch (error) {
      if (!(error instanceof CsvError)) throw error;
      if (quote === null || !UNCLOSED.has(error.code)) throw refuse.damaged(whatIsWrong(error), { cause: error });
      lines.push(`(A quote opens near line ${next} and is never closed.)\n`);
    }
  }
  yield { text: lines.join(''), markup: 'plain' };
};

/** What csv-parse calls a quote without its end: at the end of the table, or where a row is longer than any. */
const UNCLOSED = new Set(['CSV_QUOTE_NOT_CLOSED', 'CSV_MAX_RECORD_SIZE']);

interface CsvRecord {
  record: string[];
  /** Lines of the file up to the end of this record. */
  info: { lines: number };
}

function records(
  pieces: AsyncIterable<string>,
  { separator, quote, from }: { separator: string; quote: string | null; from: number },
): AsyncIterable<CsvRecord> {
  const parser = parse({
    delimiter: separator,
    bom: true,
    relax_quotes: true,
    relax_column_count: true,
    skip_empty_lines: true,
    max_record_size: MAX_ROW_LENGTH,
    info: true,
    quote,
    from_line: from,
  });
  // An error of either end reaches the reader of the parser.
  pipeline(Readable.from(pieces), parser, () => undefined);
  return parser as AsyncIterable<CsvRecord>;
}

function separatorOf(line: string): string {
  const unquoted = line.replace(/"[^"]*"/g, '');
  const counts = SEPARATORS.map((separator) => unquoted.split(separator).length);
  return SEPARATORS[counts.indexOf(Math.max(...counts))] ?? ',';
}

async function columnsOfFirstLine(pieces: AsyncIterable<string>, separator: string): Promise<number> {
  let columns = 1;
  let quoted = false;
  for await (const piece of pieces) {
    for (const character of piece) {
      if (character === '"') quoted = !quoted;
      else if (quoted) continue;
      else if (character === '\n' || character === '\r') return columns;
      else if (character === separator) columns += 1;
    }
  }
  return columns;
}

function whatIsWrong(error: CsvError): string {
  const line = typeof error['lines'] === 'number' ? ` near line ${error['lines']}` : '';
  switch (error.code) {
    case 'CSV_MAX_RECORD_SIZE':
      return `A row of the table${line} has more than ${MAX_ROW_LENGTH / 1024 / 1024} MiB: a quote is not closed, or the line ends are missing`;
    default:
      return `The table cannot be read${line}`;
  }
}
