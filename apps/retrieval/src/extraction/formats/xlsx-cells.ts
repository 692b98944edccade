import { localName, readXml } from '../xml';

/** What a cell's number means. */
export type CellStyle = 'plain' | 'date' | 'duration' | 'percent';

const DAY_MS = 86_400_000;
/** Day 0 of Excel's calendar, which counts a non-existent 29 February 1900; correct from March 1900 on. */
const FROM_1900 = Date.UTC(1899, 11, 30);
const FROM_1904 = Date.UTC(1904, 0, 1);
/** Built-in formats of dates and times of every workbook. */
const BUILT_IN_DATES = new Set([14, 15, 16, 17, 18, 19, 20, 21, 22, 27, 30, 36, 45, 47, 50, 57]);
/** `[h]:mm:ss` */
const BUILT_IN_DURATION = 46;
const COUNTED = /\[(?:h+|m+|s+)\]/i;
const BUILT_IN_PERCENT = new Set([9, 10]);

/** The column of a cell's address, from 0: `C7` is 2. */
export function columnOf(address: string | undefined): number | undefined {
  const letters = /^[A-Z]{1,4}/.exec(address ?? '')?.[0];
  if (letters === undefined) return undefined;
  return [...letters].reduce((sum, letter) => sum * 26 + letter.charCodeAt(0) - 64, 0) - 1;
}

/** The meaning of each cell style of a workbook for numbers, by style index. */
export async function readStyles(pieces: AsyncIterable<string>): Promise<CellStyle[]> {
  const formats = new Map<number, string>();
  const styles: CellStyle[] = [];
  let inCells = false;
  await readXml(pieces, {
    open: ({ name, attributes }) => {
      const local = localName(name);
      if (local === 'numFmt') formats.set(Number(attributes['numFmtId']), attributes['formatCode'] ?? '');
      else if (local === 'cellXfs') inCells = true;
      else if (local === 'xf' && inCells) styles.push(styleOf(Number(attributes['numFmtId'] ?? 0), formats));
    },
    close: (name) => {
      if (localName(name) === 'cellXfs') inCells = false;
    },
  });
  return styles;
}

function styleOf(id: number, formats: ReadonlyMap<number, string>): CellStyle {
  const code = formats.get(id);
  if (code === undefined) {
    if (id === BUILT_IN_DURATION) return 'duration';
    return BUILT_IN_DATES.has(id) ? 'date' : BUILT_IN_PERCENT.has(id) ? 'percent' : 'plain';
  }
  if (COUNTED.test(code)) return 'duration';
  // Quoted words, colours and escaped letters do not describe the number.
  const bare = code.replace(/"[^"]*"|\[[^\]]*\]|\\./g, '');
  if (/[dmyhs]/i.test(bare.replace(/general/i, ''))) return 'date';
  return bare.includes('%') ? 'percent' : 'plain';
}

/** The text of a cell roughly as the sheet shows it; for a formula without a stored result the formula. */
export function cellText(
  { value, formula }: { value: string; formula: string },
  type: string,
  style: CellStyle,
  strings: readonly string[],
  from1904: boolean,
): string {
  if (value === '' && formula !== '') return `=${formula}`;
  if (type === 's') return strings[Number(value)] ?? '';
  if (type === 'b') return value === '1' ? 'TRUE' : value === '' ? '' : 'FALSE';
  if (type !== 'n' || value === '') return unescaped(value);
  const number = Number(value);
  if (!Number.isFinite(number)) return value;
  if (style === 'date') return dateText(number, from1904) ?? value;
  if (style === 'duration') return durationText(number);
  if (style === 'percent') return `${rounded(number * 100)}%`;
  return rounded(number);
}

/** Rounds off binary noise: 0.30000000000000004. */
const rounded = (number: number): string => String(Number(number.toPrecision(15)));

/** Characters that XML cannot hold are written as `_x000D_`. */
const unescaped = (text: string): string =>
  text.replace(/_x([0-9A-Fa-f]{4})_/g, (_, code: string) => String.fromCharCode(parseInt(code, 16)));

/** Hours beyond a day: 30:15, with seconds if there are any. */
function durationText(days: number): string {
  const seconds = Math.round(Math.abs(days) * 86_400);
  const two = (value: number): string => String(value).padStart(2, '0');
  const text = `${Math.floor(seconds / 3_600)}:${two(Math.floor(seconds / 60) % 60)}`;
  return `${days < 0 ? '-' : ''}${text}${seconds % 60 === 0 ? '' : `:${two(seconds % 60)}`}`;
}

function dateText(days: number, from1904: boolean): string | undefined {
  const date = new Date(Math.round(((from1904 ? FROM_1904 : FROM_1900) + days * DAY_MS) / 1000) * 1000);
  if (days < 0 || Number.isNaN(date.getTime())) return undefined;
  const [day = '', time = ''] = date.toISOString().split('T');
  const clock = time.slice(0, 8).replace(/:00$/, '');
  if (days < 1) return clock;
  return Number.isInteger(days) ? day : `${day} ${clock}`;
}
