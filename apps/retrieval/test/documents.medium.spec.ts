import { mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import {
  factualPages,
  japanesePdf,
  toDocx,
  toEpub,
  toOds,
  toOdt,
  toPdf,
  toPptx,
  toXlsx,
} from '@perennial/testing/documents';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Extractor } from '../src/extraction/extraction';
import { createExtractor } from '../src/extraction/extractor';
import type { Chunk } from '../src/splitting/chunk';
import { extractorEntry } from './extractor';
import { read, type ReadDocument } from './read';

/** Real: the built extractor process, files on a disk, documents made by common libraries. */
describe('documents of every kind', () => {
  let extractor: Extractor;
  let dir: string;

  beforeAll(async () => {
    dir = await mkdtemp(join(tmpdir(), 'documents-'));
    extractor = createExtractor({ entry: await extractorEntry(), processes: 1, tempDir: dir });
  });
  afterAll(async () => {
    await extractor?.close();
    await rm(dir, { recursive: true, force: true });
  });

  const readBytes = async (name: string, bytes: Buffer | string, contentType?: string): Promise<ReadDocument> => {
    const path = join(dir, `document-${Math.random()}`);
    await writeFile(path, bytes);
    return read(extractor, { path }, { name, contentType });
  };
  const holding = (chunks: readonly Chunk[], text: string): Chunk | undefined =>
    chunks.find((chunk) => chunk.text.includes(text));

  it('PDF: each fact is in a chunk of its page', async () => {
    const { pages, facts } = factualPages(12);
    const { chunks, summary } = await readBytes('facts.pdf', await toPdf(pages));
    expect(summary).toMatchObject({ format: 'pdf', pages: 12, emptyPages: 0 });
    expect(facts.map(({ answer }) => holding(chunks, answer)?.page)).toEqual(facts.map(({ page }) => page));
    expect(holding(chunks, facts[0]?.answer ?? '')?.text).toContain(facts[0]?.sentence);
  });

  it('PDF: a hyphenated word is joined, a number is not', async () => {
    const { text } = await readBytes(
      'divided.pdf',
      await toPdf(['The manip-\nulation of quartz-\n4711 is well under-\nstood.']),
    );
    expect(text).toBe('The manipulation of quartz-\n4711 is well understood.');
  });

  it('PDF: East Asian text whose font is not embedded', async () => {
    const { chunks } = await readBytes('tokyo.pdf', japanesePdf('東京タワーの高さ'));
    expect(chunks).toMatchObject([{ page: 1, text: '東京タワーの高さ' }]);
  });

  it('DOCX: headings locate a text, lists and tables are lines', async () => {
    const bytes = await toDocx([
      { heading: 'Handbook', level: 1 },
      { text: 'About this handbook.' },
      { heading: 'Heating', level: 2 },
      { text: 'The boiler is lit on the first of October.' },
      { items: ['close the valves', 'call the janitor'] },
      {
        rows: [
          ['Room', 'Degrees'],
          ['Hall', '19'],
        ],
      },
    ]);
    const { chunks, summary } = await readBytes('handbook.docx', bytes);
    expect(summary.format).toBe('docx');
    expect(chunks.map(({ heading, text }) => ({ heading, text }))).toEqual([
      { heading: 'Handbook', text: '# Handbook\n\nAbout this handbook.' },
      {
        heading: 'Handbook > Heating',
        text: '## Heating\n\nThe boiler is lit on the first of October.\n\n- close the valves\n- call the janitor\n\nRoom | Degrees\nHall | 19',
      },
    ]);
  });

  it('XLSX: rows repeat the names of their columns, sheets are headings, dates are dates', async () => {
    const bytes = await toXlsx([
      {
        name: 'Cities',
        rows: [
          ['City', 'Population', 'Since'],
          ['Bern', 134_794, new Date('1991-05-04')],
          ['Thun', 0.1 + 0.2, null],
        ],
      },
      { name: 'Notes', rows: [['Only this'], [true]] },
    ]);
    const { chunks, summary } = await readBytes('cities.xlsx', bytes);
    expect(summary).toMatchObject({ format: 'xlsx', pages: 2 });
    expect(chunks.map(({ heading, text }) => ({ heading, text }))).toEqual([
      {
        heading: 'Cities',
        text: 'City | Population | Since\nCity: Bern | Population: 134794 | Since: 1991-05-04\nCity: Thun | Population: 0.3',
      },
      { heading: 'Notes', text: 'Only this\nTRUE' },
    ]);
  });

  it('PPTX: slides in the order of the presentation, with their numbers and notes', async () => {
    const bytes = await toPptx([
      { title: 'Welcome', lines: ['to the meeting'] },
      { title: 'Results & plans', lines: ['Sales rose', 'by a third'], notes: 'Mention the harbour.' },
    ]);
    const { chunks, summary } = await readBytes('meeting.pptx', bytes);
    expect(summary).toMatchObject({ format: 'pptx', pages: 2 });
    expect(chunks.map(({ page, heading, text }) => ({ page, heading, text }))).toEqual([
      { page: 1, heading: 'Welcome', text: '# Welcome\n\nto the meeting' },
      {
        page: 2,
        heading: 'Results & plans',
        text: '# Results & plans\n\nSales rose\nby a third\n\nNotes: Mention the harbour.',
      },
    ]);
  });

  it('ODT and ODS', async () => {
    const text = await readBytes(
      'letter.odt',
      await toOdt([
        { heading: 'Letter', level: 1 },
        { text: 'Dear "friends" & others' },
        { items: ['one', 'two'] },
        {
          rows: [
            ['Day', 'Time'],
            ['Monday', '9:30'],
          ],
        },
      ]),
    );
    expect(text.chunks.map(({ heading, text: chunk }) => ({ heading, text: chunk }))).toEqual([
      {
        heading: 'Letter',
        text: '# Letter\n\nDear "friends" & others\n\n- one\n- two\nDay | Time\nDay: Monday | Time: 9:30',
      },
    ]);
    const sheet = await readBytes(
      'sums.ods',
      await toOds([
        {
          name: 'Sums',
          rows: [
            ['What', 'Sum'],
            ['Rent', 1200],
          ],
        },
      ]),
    );
    expect(sheet.summary).toMatchObject({ format: 'ods', pages: 1 });
    expect(sheet.chunks).toMatchObject([{ heading: 'Sums', text: 'What | Sum\nWhat: Rent | Sum: 1200' }]);
  });

  it('EPUB: chapters in order, under their headings', async () => {
    const bytes = await toEpub([
      { title: 'The ship', paragraphs: ['It left at dawn.', 'Nobody slept.'] },
      { title: 'The island', paragraphs: ['Sand & palms.'] },
    ]);
    const { chunks, summary } = await readBytes('novel.epub', bytes);
    expect(summary.format).toBe('epub');
    expect(chunks.map(({ heading, text }) => ({ heading, text }))).toEqual([
      { heading: 'The ship', text: '# The ship\n\nIt left at dawn.\n\nNobody slept.' },
      { heading: 'The island', text: '# The island\n\nSand & palms.' },
    ]);
  });

  it('HTML: the visible text, with headings', async () => {
    const html = `<!doctype html><html><head><title>Prices</title><style>p{}</style><script>var secret = 1</script></head>
      <body><h1>Prices <em>2026</em></h1><p>All prices<br>with &amp; without tax.</p>
      <ul><li>Bread</li><li>Milk <b>fresh</b></li></ul>
      <table><tr><th>What</th><th>Price</th></tr><tr><td><p>Bread</p></td><td>3.20</td></tr></table>
      <pre>a  b\n c</pre></body></html>`;
    const { text, summary } = await readBytes('prices.html', html);
    expect(summary).toMatchObject({ format: 'html', encoding: 'utf-8' });
    expect(text).toBe(
      '# Prices 2026\n\nAll prices\nwith & without tax.\n\n- Bread\n- Milk fresh\n\nWhat | Price\nBread | 3.20\n\na  b\n c',
    );
  });

  it('Markdown, text, code, JSON: as they are; a # in code is not a heading', async () => {
    const markdown = '# A\n\ntext of a\n\n## B\n\n```\n# not a heading\n```\ntext of b\n';
    const parts = (document: ReadDocument) => document.chunks.map(({ heading, text }) => ({ heading, text }));
    expect(parts(await readBytes('a.md', markdown))).toEqual([
      { heading: 'A', text: '# A\n\ntext of a' },
      { heading: 'A > B', text: '## B\n\n```\n# not a heading\n```\ntext of b' },
    ]);
    const code = '# comment\nprint(1)\n# another\nprint(2)';
    expect(parts(await readBytes('a.py', code))).toEqual([{ heading: undefined, text: code }]);
    expect((await readBytes('a.json', '{"a": [1, 2]}')).summary).toMatchObject({ format: 'json' });
    expect((await readBytes('README', 'hello')).summary).toMatchObject({ format: 'text' });
    expect((await readBytes('notes', '# A\nb', 'text/markdown; charset=utf-8')).summary.format).toBe('markdown');
  });

  it('CSV: any separator, quotes over lines, names of columns in each row', async () => {
    const csv = 'name;town;remark\nAnn;"Ulm; old\ntown";likes "tea"\nBob;Köln;\n';
    const { text, summary } = await readBytes('people.csv', csv);
    expect(summary).toMatchObject({ format: 'csv', encoding: 'utf-8' });
    expect(text).toBe(
      'name | town | remark\nname: Ann | town: Ulm; old town | remark: likes "tea"\nname: Bob | town: Köln',
    );
    expect((await readBytes('numbers.csv', '1,2\n3,4\n')).text).toBe('1 | 2\n3 | 4');
  });

  it('XML: names with their texts; declared entities are not expanded', async () => {
    const xml = '<?xml version="1.0"?><orders><order id="7"><item>Oak table</item><price>120</price></order></orders>';
    expect((await readBytes('orders.xml', xml)).text).toBe('order id: 7\nitem: Oak table\nprice: 120');
    const bomb = `<?xml version="1.0"?><!DOCTYPE l [<!ENTITY a "${'ha'.repeat(1000)}">]><l>&a;&a;laughs</l>`;
    expect((await readBytes('bomb.xml', bomb)).text).toMatch(/ha">\]><l>&a;&a;laughs/);
  });

  it('text in UTF-8, UTF-16 with and without a mark, Windows-1252 and as declared', async () => {
    const words = 'Größe, naïve, “quoted”. '.repeat(4).trim();
    const utf16be = Buffer.from(`\uFEFF${words}`, 'utf16le').swap16();
    const files: [name: string, bytes: Buffer, encoding: string][] = [
      ['utf-8', Buffer.from(words), 'utf-8'],
      ['utf-8 with a mark', Buffer.from(`\uFEFF${words}`), 'utf-8'],
      ['utf-16le', Buffer.from(`\uFEFF${words}`, 'utf16le'), 'utf-16le'],
      ['utf-16be', utf16be, 'utf-16be'],
      ['utf-16le without a mark', Buffer.from(words, 'utf16le'), 'utf-16le'],
      ['windows-1252', Buffer.from(words.replace(/“/g, '\x93').replace(/”/g, '\x94'), 'latin1'), 'windows-1252'],
    ];
    for (const [name, bytes, encoding] of files) {
      const { text, summary } = await readBytes('text.txt', bytes);
      expect({ name, text, encoding: summary.encoding }).toEqual({ name, text: words, encoding });
    }
    const cyrillic = Buffer.concat([
      Buffer.from('<html><head><meta charset="windows-1251"></head><body>'),
      Buffer.from([0xcf, 0xf0, 0xe8, 0xe2, 0xe5, 0xf2]),
    ]);
    expect((await readBytes('page.html', cyrillic)).text).toBe('Привет');
  });

  it('the content decides the format, not the name', async () => {
    expect((await readBytes('really-a-pdf.txt', await toPdf(['Hello there']))).summary.format).toBe('pdf');
    expect((await readBytes('sheet.docx', await toXlsx([{ name: 'A', rows: [['x']] }]))).summary.format).toBe('xlsx');
    expect((await readBytes('page.txt', '<!DOCTYPE html><html><body><p>Hi</p></body></html>')).text).toBe('Hi');
  });

  it('a text that mentions a format’s mark is still text', async () => {
    for (const text of ['ID3 tags of songs', 'PAR1 is how Parquet begins', 'BZh', 'A PDF begins with %PDF-1.7'])
      expect((await readBytes('notes.txt', text)).text).toBe(text);
    expect(
      (await readBytes('export.xls', '<html><body><table><tr><td>a</td><td>b</td></tr></table></body></html>')).text,
    ).toBe('a | b');
    const converted = '<html><head><meta charset="iso-8859-1"></head><body>Größe</body></html>';
    expect((await readBytes('page.html', converted)).text).toBe('Größe');
  });

  it('offsets are valid for the whole document, across pages', async () => {
    const { pages } = factualPages(5, 3_000);
    const { chunks, summary } = await readBytes('facts.pdf', await toPdf(pages));
    expect(chunks.map(({ ordinal }) => ordinal)).toEqual(chunks.map((_, at) => at));
    expect(chunks.every(({ text, start, end }) => text.length === end - start && end <= summary.textLength)).toBe(true);
  });

  it('leaves no file behind', async () => {
    const options = { recursive: true, withFileTypes: true } as const;
    const left = await readdir(join(dir, 'perennial-extraction'), options).catch(() => []);
    expect(left.filter((entry) => !entry.isDirectory()).map(({ name }) => name)).toEqual([]);
  });
});
