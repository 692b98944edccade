import { flowsOf } from './columns';
import { type Row, rowsOf, rowText } from './rows';
import { type Segment, segmentsOf, type TextRun } from './segments';
import { endOfRows, tableAt, type TableShape } from './table';

const MOST_ATTEMPTS = 4;
/** Lines further apart than this, in letter sizes, are separate paragraphs. */
const PARAGRAPH_GAP = 1.7;
/** Lines of larger letters than the text's are headings, by how much larger they are. */
const HEADINGS: readonly (readonly [ratio: number, mark: string])[] = [
  [1.5, '#'],
  [1.25, '##'],
  [1.1, '###'],
];
const LONGEST_HEADING = 160;
/** Letters of a paragraph differ less than this. */
const SAME_SIZE = 0.08;
const SURE_RATIO = 1.5;
const SENTENCE_END = /[\p{L}\p{N})]\s*[.,;。，；]$/u;
/** Notes at the foot of a page have smaller letters and begin with their mark. */
const NOTE_RATIO = 0.92;
const NOTE = /^(?:\^?\d{1,3}|[*†‡§])\s*\S/;
/** Share of a page, above and below, where its running title and its number stand. */
const MARGIN = 0.12;
const PAGE_NUMBER = /^(\D{0,14}?)(\d{1,5})(\D{0,10}\d{0,5}\D{0,3})$/;
/** A hyphenated word at a line end. A search would not find its halves. */
const DIVIDED = /(\p{L})-\n(?=\p{Ll})/gu;
/** Chinese and Japanese have no blanks between words, so a line end is within a sentence. */
const WITHIN_SENTENCE =
  /([\p{Script=Han}\p{Script=Hiragana}\p{Script=Katakana}，、；：])\n(?=[\p{Script=Han}\p{Script=Hiragana}\p{Script=Katakana}])/gu;

/**
 * The text of a document's pages, in the order in which a person reads them: column by column, tables as rows with the names of their columns,
 * headings marked as in Markdown, notes at the end of their page. Running titles are kept once. Made for one document, page by page.
 */
export class PageTexts {
  /** Letters of each size so far: the text's own size has most. */
  private readonly letters = new Map<number, number>();
  private table: TableShape | undefined;
  private margins = new Map<string, string>();

  /** @param height of the page, in points */
  add(runs: readonly TextRun[], height: number): string {
    const { segments, aside } = segmentsOf(runs);
    for (const { size, text } of segments) {
      const rounded = Math.round(size * 2) / 2;
      this.letters.set(rounded, (this.letters.get(rounded) ?? 0) + text.length);
    }
    const size = this.textSize();
    const body = this.withoutRunning(segments, height);
    const flows = flowsOf(body);
    const blocks: string[] = [];
    const notes: string[] = [];
    let table = this.table;
    this.table = undefined;
    for (const [number, flow] of flows.entries()) {
      const rows = rowsOf(flow);
      const foot = notesFrom(rows, size);
      for (let at = 0; at < foot;) {
        const found = tableAt(rows.slice(0, foot), at, number === 0 && at === 0 ? table : undefined);
        if (found) {
          blocks.push(found.text.trimEnd());
          this.table = found.shape;
          at = found.next;
          continue;
        }
        this.table = table = undefined;
        const end = proseEnd(rows, at, foot);
        blocks.push(proseText(rows.slice(at, end), size));
        at = end;
      }
      if (foot < rows.length) notes.push(proseText(rows.slice(foot), Infinity));
    }
    if (aside.length > 0) notes.push(aside.map(({ text }) => text.trim()).join(' '));
    return plainLetters([...blocks, ...notes].filter((block) => block !== '').join('\n\n'));
  }

  private textSize(): number {
    let [most, found] = [0, 1];
    for (const [size, count] of this.letters) if (count > most) [most, found] = [count, size];
    return found;
  }

  /** Without what stood at the same place of the page before, and without numbers of pages that count on from there. */
  private withoutRunning(segments: readonly Segment[], height: number): Segment[] {
    let [top, bottom] = [Infinity, -Infinity];
    for (const { y } of segments) [top, bottom] = [Math.min(top, y), Math.max(bottom, y)];
    const margins = new Map<string, string>();
    const kept = segments.filter((segment) => {
      const { text, left, y, size } = segment;
      const atEdge = y < top + 2 * size || y > bottom - 2 * size;
      // From above the page the origin is its height: only distances count.
      if (!atEdge || bottom - top < height * (1 - 4 * MARGIN)) return true;
      const place = `${Math.round(y / 3)} ${Math.round(left / 12)}`;
      margins.set(place, text);
      const before = this.margins.get(place);
      return before === undefined || (before !== text && !countsOn(before, text));
    });
    this.margins = margins;
    return kept;
  }
}

function countsOn(before: string, text: string): boolean {
  const [, lead, number] = PAGE_NUMBER.exec(before) ?? [];
  const [, ownLead, ownNumber] = PAGE_NUMBER.exec(text) ?? [];
  return number !== undefined && lead === ownLead && Number(ownNumber) === Number(number) + 1;
}

/** The first row of the notes at the foot of a flow; its length if there are none. */
function notesFrom(rows: readonly Row[], size: number): number {
  let from = rows.length;
  while (from > 0 && (rows[from - 1]?.size ?? 0) < size * NOTE_RATIO) from -= 1;
  for (let at = from; at < rows.length; at += 1) {
    const row = rows[at];
    if (row && row.segments.length <= 2 && NOTE.test(rowText(row))) return at;
  }
  return rows.length;
}

/** Before the next table. Of rows that look like one, only the first may begin it: each attempt reads all of them. */
function proseEnd(rows: readonly Row[], from: number, end: number): number {
  const all = rows.slice(0, end);
  let [until, attempts] = [from, 0];
  for (let at = from + 1; at < end; at += 1) {
    if ((rows[at]?.segments.length ?? 0) < 2) continue;
    if (at >= until) [until, attempts] = [endOfRows(all, at), 0];
    attempts += 1;
    if (attempts <= MOST_ATTEMPTS && tableAt(all, at)) return at;
  }
  return end;
}

function proseText(rows: readonly Row[], size: number): string {
  const blocks: string[] = [];
  for (const paragraph of paragraphsOf(rows)) {
    const lines = paragraph.map(rowText);
    const mark = headingMark(paragraph[0]?.size ?? 0, lines.join(' '), size);
    blocks.push(mark === '' ? lines.map(literal).join('\n') : `${mark} ${lines.join(' ')}`);
  }
  return blocks.join('\n\n').replace(DIVIDED, '$1').replace(WITHIN_SENTENCE, '$1');
}

/** Rows that are near each other and of one size. */
function paragraphsOf(rows: readonly Row[]): Row[][] {
  const paragraphs: Row[][] = [];
  for (const row of rows) {
    const last = paragraphs.at(-1)?.at(-1);
    const isNear = last && Math.abs(row.y - last.y) <= PARAGRAPH_GAP * Math.max(last.size, row.size);
    const isAlike = last && Math.abs(row.size - last.size) < SAME_SIZE * last.size;
    if (isNear && isAlike) paragraphs.at(-1)?.push(row);
    else paragraphs.push([row]);
  }
  return paragraphs;
}

function headingMark(size: number, words: string, textSize: number): string {
  if (words.length > LONGEST_HEADING || !/\p{L}/u.test(words)) return '';
  const [ratio = 0, mark = ''] = HEADINGS.find(([least]) => size >= least * textSize) ?? [];
  // Text that is a little larger than most is a sentence more often than a heading.
  return ratio < SURE_RATIO && SENTENCE_END.test(words) ? '' : mark;
}

/** A line that only looks like a mark of Markdown. */
const literal = (line: string): string => (/^\s{0,3}(?:#{1,6}\s|```|~~~)/.test(line) ? `\\${line}` : line);

/** Formulas are set in letters of their own, which nobody types. */
const plainLetters = (text: string): string =>
  text.replace(/[\u{1D400}-\u{1D7FF}]/gu, (letter) => letter.normalize('NFKC'));
