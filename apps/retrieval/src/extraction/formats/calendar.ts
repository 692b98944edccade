import { decoded, tellEncoding } from '../encoding';
import { refuse } from '../messages';
import type { FormatReader, Fragment, Reading } from '../reading';

/** A line that is folded more often was never one. */
const LONGEST_LINE = 1024 * 1024;
/** What a person reads of an event, a task or a note, with the words for it. */
const FIELDS = new Map([
  ['DTSTART', 'Begins'],
  ['DTEND', 'Ends'],
  ['DUE', 'Due'],
  ['DURATION', 'Lasts'],
  ['RRULE', 'Repeated'],
  ['LOCATION', 'Place'],
  ['ORGANIZER', 'Organiser'],
  ['ATTENDEE', 'Attendee'],
  ['STATUS', 'Status'],
  ['CATEGORIES', 'Categories'],
  ['URL', 'Link'],
  ['DESCRIPTION', 'Description'],
  ['COMMENT', 'Comment'],
]);
const COMPONENTS = new Set(['VEVENT', 'VTODO', 'VJOURNAL']);

interface Entry {
  title: string;
  lines: string[];
}

/** A calendar (iCalendar): each event under its summary, with its times as they are written, its place and its people. */
export const readCalendar: FormatReader = async function* (reading: Reading): AsyncGenerator<Fragment> {
  const encoding = await tellEncoding(reading.path, reading.head);
  reading.summary.encoding = encoding.label;
  let entry: Entry | undefined;
  // Alarms and time zones are components within others.
  let inner = 0;
  for await (const { name, parameters, value } of fields(decoded(reading.path, encoding))) {
    if (name === 'BEGIN' && entry) inner += 1;
    else if (name === 'BEGIN' && COMPONENTS.has(value.toUpperCase())) entry = { title: '', lines: [] };
    else if (name === 'END' && inner > 0) inner -= 1;
    else if (name === 'END' && entry) {
      yield { text: textOf(entry), markup: 'markdown' };
      entry = undefined;
    } else if (entry && inner === 0) add(entry, name, parameters, value);
  }
  // The calendar was cut off.
  if (entry) yield { text: textOf(entry), markup: 'markdown' };
};

const textOf = ({ title, lines }: Entry): string => `# ${title || 'Without a title'}\n\n${lines.join('\n')}\n\n`;

function add(entry: Entry, name: string, parameters: string, value: string): void {
  if (name === 'SUMMARY') entry.title = plain(value).replace(/\s+/g, ' ');
  const label = FIELDS.get(name);
  if (label === undefined || value === '') return;
  if (name === 'ORGANIZER' || name === 'ATTENDEE') entry.lines.push(`${label}: ${person(parameters, value)}`);
  else if (name.startsWith('DT') || name === 'DUE') entry.lines.push(`${label}: ${time(parameters, value)}`);
  else entry.lines.push(`${label}: ${plain(value)}`);
}

/** The lines of a calendar, unfolded: a line that begins with a blank goes on from the one before. */
async function* fields(
  pieces: AsyncIterable<string>,
): AsyncGenerator<{ name: string; parameters: string; value: string }> {
  let line = '';
  for await (const next of linesOf(pieces)) {
    if (/^[ \t]/.test(next)) {
      line += next.slice(1);
      if (line.length > LONGEST_LINE) throw refuse.damaged('A line of the calendar has no end');
      continue;
    }
    if (line !== '') yield field(line);
    line = next;
  }
  if (line !== '') yield field(line);
}

async function* linesOf(pieces: AsyncIterable<string>): AsyncGenerator<string> {
  let rest = '';
  for await (const piece of pieces) {
    const lines = (rest + piece).split(/\r?\n/);
    rest = lines.pop() ?? '';
    if (rest.length > LONGEST_LINE) throw refuse.damaged('A line of the calendar has no end');
    yield* lines;
  }
  yield rest;
}

/** `NAME;PARAMETER="a:b":value` */
function field(line: string): { name: string; parameters: string; value: string } {
  let quoted = false;
  let at = 0;
  for (; at < line.length; at += 1) {
    const character = line[at];
    if (character === '"') quoted = !quoted;
    else if (character === ':' && !quoted) break;
  }
  const [name = '', ...parameters] = line.slice(0, at).split(';');
  return { name: name.toUpperCase(), parameters: parameters.join(';'), value: line.slice(at + 1).trim() };
}

const plain = (value: string): string =>
  value.replace(/\\([\\;,nN])/g, (_, character: string) => (character.toLowerCase() === 'n' ? '\n' : character));

/** `20260317T140000` as `2026-03-17 14:00`, in the zone that is named. */
function time(parameters: string, value: string): string {
  const [, year, month, day, hour, minute, utc] = /^(\d{4})(\d\d)(\d\d)(?:T(\d\d)(\d\d)\d\d(Z)?)?$/.exec(value) ?? [];
  if (year === undefined) return plain(value);
  const zone = utc ? ' UTC' : (/TZID=([^;]+)/i.exec(parameters)?.[1] ?? '').replace(/^(?=.)/, ' ');
  return `${year}-${month}-${day}${hour === undefined ? '' : ` ${hour}:${minute}${zone}`}`;
}

function person(parameters: string, value: string): string {
  const name = /CN="?([^";]+)"?/i.exec(parameters)?.[1];
  const address = value.replace(/^mailto:/i, '');
  return name === undefined ? address : `${name} <${address}>`;
}
