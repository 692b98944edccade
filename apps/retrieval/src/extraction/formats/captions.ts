import { decoded, tellEncoding } from '../encoding';
import { type FormatReader, type Fragment, LATEST_SECONDS, type Reading } from '../reading';
import { readText } from './text';

/** When a line is spoken, in WebVTT and SubRip; the hours may be missing. */
const TIMES = /^\s*(?:(\d{1,9}):)?(\d{1,2}):(\d{2})[.,]\d{1,3}\s+-->/;
/** A passage ends after this time, or this much text: it is what a citation points to. */
const PASSAGE_SECONDS = 60;
const PASSAGE_LENGTH = 600;
/** A longer line is read in parts, as what a server heard may be one line. */
const LONGEST_LINE = 10_000;

/** What is spoken in a recording, in passages that begin at a time. A file without times is plain text. */
export const readCaptions: FormatReader = async function* (reading: Reading): AsyncGenerator<Fragment> {
  const encoding = await tellEncoding(reading.path, reading.head);
  reading.summary.encoding = encoding.label;
  let isSpoken = false;
  let cue = 0;
  let passage: { startSeconds: number; length: number } | undefined;
  for await (const line of linesOf(decoded(reading.path, encoding))) {
    const times = TIMES.exec(line);
    if (times) {
      const [hours = 0, minutes = 0, seconds = 0] = times.slice(1).map((part) => Number(part ?? 0));
      cue = Math.min(hours * 3600 + minutes * 60 + seconds, LATEST_SECONDS);
      isSpoken = true;
      continue;
    }
    // Between two captions there are their numbers and names, notes and styles.
    if (line.trim() === '') isSpoken = false;
    const text = isSpoken ? spoken(line) : '';
    if (text === '') continue;
    const isFull = passage && (passage.length >= PASSAGE_LENGTH || cue - passage.startSeconds >= PASSAGE_SECONDS);
    if (!passage || isFull) passage = { startSeconds: cue, length: 0 };
    passage.length += text.length;
    yield { text: `${text}\n`, startSeconds: passage.startSeconds, markup: 'plain' };
  }
  if (!passage) yield* readText(reading);
};

/** The text of a caption: who speaks is named, other marks are left out. */
function spoken(line: string): string {
  return line
    .replace(/<v(?:\.[^\s>]*)?\s+([^>]{1,200})>/g, '$1: ')
    .replace(/<[^>]*>|\{\\[^}]*\}/g, '')
    .replace(/&nbsp;/g, ' ')
    .replace(/&lt;/g, '<')
    .replace(/&gt;/g, '>')
    .replace(/&amp;/g, '&')
    .trim();
}

async function* linesOf(pieces: AsyncIterable<string>): AsyncGenerator<string> {
  let rest = '';
  for await (const piece of pieces) {
    const lines = (rest + piece).split(/\r\n|[\r\n]/);
    rest = lines.pop() ?? '';
    yield* lines;
    while (rest.length > LONGEST_LINE) {
      // Between two words, if there are several.
      const end = rest.lastIndexOf(' ', LONGEST_LINE) + 1 || LONGEST_LINE;
      if (rest.slice(0, end).trim() !== '') yield rest.slice(0, end);
      rest = rest.slice(end);
    }
  }
  yield rest;
}
