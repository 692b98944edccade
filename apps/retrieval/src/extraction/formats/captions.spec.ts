import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import type { TextPart } from '../../splitting/chunk';
import { DEFAULT_LIMITS } from '../extraction';
import { readDocument } from '../read-document';
import { Recogniser } from '../recognition/recogniser';

let dir: string;
beforeAll(async () => {
  dir = await mkdtemp(join(tmpdir(), 'captions-'));
});
afterAll(() => rm(dir, { recursive: true, force: true }));

async function read(name: string, text: string): Promise<{ format: string; parts: TextPart[] }> {
  const path = join(dir, 'file');
  await writeFile(path, text);
  const limits = DEFAULT_LIMITS;
  const recogniser = new Recogniser({ languages: [] }, limits, () => undefined);
  const scratch = join(dir, 'scratch');
  const { parts, summary } = await readDocument({ path, name, limits, scratch, recogniser, progress: () => undefined });
  const all: TextPart[] = [];
  for await (const part of parts) all.push(part);
  return { format: summary.format, parts: all };
}

it('WebVTT is known by its content; marks, notes and names of captions are left out', async () => {
  const text = `WEBVTT - a title

STYLE
::cue { color: red }

NOTE not --> spoken

first
00:59.000 --> 01:01.000 align:start
<v.loud Ada Miller>The <b>lamp</b> costs
4711 &lt;crowns&gt; &amp; more.

01:02:03.500 --> 01:02:05.000
Much later.
`;
  expect(await read('talk.txt', text)).toEqual({
    format: 'captions',
    parts: [
      { text: 'Ada Miller: The lamp costs\n4711 <crowns> & more.\n\n\n', startSeconds: 59, markup: 'plain' },
      { text: 'Much later.\n', startSeconds: 3_723, markup: 'plain' },
    ],
  });
});

it('SubRip is known by its name; a passage ends after a minute or enough text', async () => {
  const captions = Array.from({ length: 40 }, (_, at) => {
    const time = `00:${String(Math.floor(at / 6)).padStart(2, '0')}:${(at % 6) * 10}0`.slice(0, 8);
    return `${at + 1}\r\n${time},000 --> ${time},900\r\n{\\an8}<i>Line ${at}</i>\r\n`;
  });
  const { parts } = await read('talk.SRT', captions.join('\r\n'));
  expect(parts.map(({ startSeconds }) => startSeconds)).toEqual([0, 60, 120, 180, 240, 300, 360]);
  expect(parts[1]?.text.split('\n').slice(0, 6)).toEqual([
    'Line 6',
    'Line 7',
    'Line 8',
    'Line 9',
    'Line 10',
    'Line 11',
  ]);
  const long = ['00:00:01.000', '00:00:02.000'].map((time) => `${time} --> ${time}\n${'long '.repeat(200)}\n`);
  expect((await read('a.vtt', `WEBVTT\n\n${long.join('\n')}`)).parts.map((part) => part.startSeconds)).toEqual([1, 2]);
});

it('a text without times is read as it is, and a line without end costs no more than it has', async () => {
  expect((await read('notes.srt', 'only a note\n')).parts).toMatchObject([{ text: 'only a note\n' }]);
  const endless = `WEBVTT\n\n00:01.000 --> 00:02.000\n${'x'.repeat(3_000_000)}\nend\n`;
  const { parts } = await read('a.vtt', endless);
  expect(
    parts
      .map((part) => part.text)
      .join('')
      .replace(/\n/g, ''),
  ).toBe(`${'x'.repeat(3_000_000)}end`);
});

it('a time of many hours is one', async () => {
  const late =
    'WEBVTT\n\n12345:00:01.000 --> 12345:00:02.000\nLate.\n\n999999999:00:00.000 --> 999999999:00:01.000\nLater.\n';
  expect((await read('a.vtt', late)).parts.map((part) => part.startSeconds)).toEqual([44_442_001, 2 ** 31 - 1]);
});
