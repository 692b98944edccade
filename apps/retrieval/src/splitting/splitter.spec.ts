import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type Chunk, DEFAULT_SPLIT, type SplitOptions, type TextPart } from './chunk';
import { pointId, uuidV5 } from './chunk-id';
import { createSplitter, textOfChunks } from './splitter';
import { loadTokenCounter } from './tokens';

async function split(parts: readonly TextPart[], options: Partial<SplitOptions> = {}): Promise<Chunk[]> {
  const splitter = await createSplitter({ ...DEFAULT_SPLIT, ...options });
  return parts.flatMap((part) => splitter.push(part));
}
const plain = (text: string): TextPart[] => [{ text, markup: 'plain' }];
const markdown = (text: string): TextPart[] => [{ text, markup: 'markdown' }];
const texts = (chunks: readonly Chunk[]): string[] => chunks.map(({ text }) => text);

describe('splitting by characters', () => {
  it('keeps fitting text whole, and drops blank text', async () => {
    expect(texts(await split(plain('one small text\n\nof two paragraphs')))).toEqual([
      'one small text\n\nof two paragraphs',
    ]);
    expect(await split(plain(' \n\n '))).toEqual([]);
  });

  it('cuts at paragraphs, then lines, then words, then anywhere', async () => {
    const options = { chunkSize: 20, chunkOverlap: 0 };
    const at = async (text: string) => texts(await split(plain(text), options));
    expect(await at('first paragraph\n\nsecond\n\nthird')).toEqual(['first paragraph', 'second\n\nthird']);
    expect(await at('a line of words\nanother line')).toEqual(['a line of words', 'another line']);
    expect(await at('many words that do not fit a line')).toEqual(['many words that do', 'not fit a line']);
    expect(await at('x'.repeat(45))).toEqual(['x'.repeat(20), 'x'.repeat(20), 'x'.repeat(5)]);
  });

  it('repeats the end of a chunk at the beginning of the next one', async () => {
    const words = Array.from({ length: 40 }, (_, at) => `w${at}`).join(' ');
    const chunks = await split(plain(words), { chunkSize: 50, chunkOverlap: 12 });
    for (const [at, chunk] of chunks.entries()) {
      const next = chunks[at + 1];
      if (!next) continue;
      expect(next.start).toBeLessThan(chunk.end);
      expect(chunk.end - next.start).toBeLessThanOrEqual(12);
    }
    expect(texts(await split(plain('x'.repeat(25)), { chunkSize: 10, chunkOverlap: 3 }))).toEqual([
      'x'.repeat(10),
      'x'.repeat(10),
      'x'.repeat(10),
      'x'.repeat(4),
    ]);
  });

  it('has the reference’s sizes unless told otherwise', async () => {
    const chunks = await split(plain('lorem ipsum dolor sit amet '.repeat(400)));
    expect(Math.max(...chunks.map(({ text }) => text.length))).toBeLessThanOrEqual(1_000);
    expect(Math.min(...chunks.slice(0, -1).map(({ text }) => text.length))).toBeGreaterThan(900);
  });

  it('refuses sizes that make no sense', async () => {
    await expect(split(plain('a'), { chunkSize: 0 })).rejects.toThrow(RangeError);
    await expect(split(plain('a'), { chunkSize: 10, chunkOverlap: 10 })).rejects.toThrow(RangeError);
  });
});

describe('splitting at headings', () => {
  it('a section is not joined with the next one, and has its headings', async () => {
    const text = '# Guide\nintro\n## Install\nrun it\n### Linux\napt\n## Use\nclick\n# Other\nend';
    expect((await split(markdown(text))).map((chunk) => [chunk.heading, chunk.text])).toEqual([
      ['Guide', '# Guide\nintro'],
      ['Guide > Install', '## Install\nrun it'],
      ['Guide > Install > Linux', '### Linux\napt'],
      ['Guide > Use', '## Use\nclick'],
      ['Other', '# Other\nend'],
    ]);
  });

  it('an empty section goes with the next one', async () => {
    const text = '# A\n\n## B\n\ntext\n\n## C\n\n# D\nmore\n# E';
    expect((await split(markdown(text))).map((chunk) => [chunk.heading, chunk.text])).toEqual([
      ['A > B', '# A\n\n## B\n\ntext'],
      ['D', '## C\n\n# D\nmore'],
      ['E', '# E'],
    ]);
  });

  it('a # in a fenced block, without a blank, or seven of them is no heading', async () => {
    const text = '```sh\n# comment\n```\n#hashtag\n####### seven\n~~~\n# more\n~~~';
    expect(await split(markdown(text))).toMatchObject([{ text }]);
    expect((await split(markdown(text)))[0]).not.toHaveProperty('heading');
  });

  it('closing marks and emphasis are not part of a heading', async () => {
    expect((await split(markdown('## The `one` **and** only ##\nx')))[0]?.heading).toBe('The one and only');
  });

  it('does so only in Markdown, and only when asked to', async () => {
    const text = '# a\nx\n# b\ny';
    expect(await split(plain(text))).toHaveLength(1);
    expect(await split(markdown(text), { markdownHeadings: false })).toHaveLength(1);
  });

  it('joins short sections up to the wanted size, never beyond a chunk', async () => {
    const text = Array.from({ length: 10 }, (_, at) => `# H${at}\n${'word '.repeat(6)}\n`).join('');
    const sizes = texts(await split(markdown(text), { chunkSize: 100, chunkOverlap: 0, minSizeTarget: 60 })).map(
      ({ length }) => length,
    );
    expect(sizes).toEqual([70, 70, 70, 70, 70]);
    expect(await split(markdown(text), { minSizeTarget: 0 })).toHaveLength(10);
  });

  it('continues in the next part, and starts again on the next page or sheet', async () => {
    const part = (text: string, more: Partial<TextPart> = {}): TextPart => ({ text, markup: 'markdown', ...more });
    const headings = (chunks: Chunk[]) => chunks.map(({ heading, page }) => ({ heading, page }));
    expect(headings(await split([part('# A\nx\n'), part('y')]))).toEqual([
      { heading: 'A', page: undefined },
      { heading: 'A', page: undefined },
    ]);
    expect(headings(await split([part('# A\nx', { page: 1 }), part('y', { page: 2 })]))).toEqual([
      { heading: 'A', page: 1 },
      { heading: undefined, page: 2 },
    ]);
    expect(headings(await split([part('# A\nx', { heading: 'Sheet' })]))).toEqual([
      { heading: 'Sheet > A', page: undefined },
    ]);
  });
});

describe('splitting by tokens', () => {
  it('no chunk has more tokens than it may, but for the one that a cut word may cost', async () => {
    const count = await loadTokenCounter();
    const text = 'The quick brown fox, 12345 times, jumps über den faulen Hund. '.repeat(200);
    const chunks = await split(plain(text), { splitter: 'token', chunkSize: 100, chunkOverlap: 10 });
    const tokens = chunks.map((chunk) => count(chunk.text));
    expect(Math.max(...tokens)).toBeLessThanOrEqual(101);
    expect(Math.min(...tokens.slice(0, -1))).toBeGreaterThan(90);
  });

  it('a word that is longer than a chunk is cut, also where it is one line of megabytes', async () => {
    const chunks = await split(plain('x'.repeat(1_000_000)), { splitter: 'token', chunkSize: 50, chunkOverlap: 5 });
    expect(textOfChunks(chunks)).toHaveLength(1_000_000);
    const special = await split(plain('a <|endoftext|> b'), { splitter: 'token' });
    expect(texts(special)).toEqual(['a <|endoftext|> b']);
  }, 60_000);
});

const characters = fc.constantFrom(
  'a',
  'bc',
  ' ',
  '  ',
  '\n',
  '\n\n',
  '#',
  '# ',
  '```',
  'é',
  '漢',
  '😀',
  '\t',
  '.',
  ',',
);
const anyText = fc.array(characters, { maxLength: 400 }).map((pieces) => pieces.join(''));
const anyParts = fc.array(
  fc.record({
    text: anyText,
    page: fc.option(fc.integer({ min: 1, max: 3 }), { nil: undefined }),
    markup: fc.constantFrom('markdown' as const, 'plain' as const),
  }),
  { maxLength: 5 },
);
const anyOptions = fc.record({
  splitter: fc.constantFrom('character' as const, 'token' as const),
  chunkSize: fc.integer({ min: 4, max: 60 }),
  chunkOverlap: fc.integer({ min: 0, max: 3 }),
  minSizeTarget: fc.integer({ min: 0, max: 40 }),
  markdownHeadings: fc.boolean(),
});

describe('for any text', () => {
  it('a chunk is exactly the slice of its offsets; text outside of all chunks is blank; the order is that of the text', async () => {
    await fc.assert(
      fc.asyncProperty(anyParts, anyOptions, async (parts, options) => {
        const document = parts.map(({ text }) => text).join('');
        const chunks = await split(parts, options);
        let covered = 0;
        for (const [at, chunk] of chunks.entries()) {
          expect(chunk.ordinal).toBe(at);
          expect(chunk.text).toBe(document.slice(chunk.start, chunk.end));
          expect(chunk.text.trim()).toBe(chunk.text);
          expect(chunk.text).not.toBe('');
          expect(Buffer.from(chunk.text).toString()).toBe(chunk.text);
          if (chunk.start > covered) expect(document.slice(covered, chunk.start).trim()).toBe('');
          expect(chunk.end).toBeGreaterThanOrEqual(covered);
          covered = chunk.end;
        }
        expect(document.slice(covered).trim()).toBe('');
        const restored = textOfChunks(chunks);
        expect(restored.replace(/\s/g, ' ')).toBe(document.slice(0, restored.length).replace(/\s/g, ' '));
      }),
      { numRuns: 500 },
    );
  });

  it('the same parts give the same chunks, with the same hashes', async () => {
    await fc.assert(
      fc.asyncProperty(anyParts, anyOptions, async (parts, options) => {
        expect(await split(parts, options)).toEqual(await split(parts, options));
      }),
      { numRuns: 50 },
    );
    const [chunk] = await split(plain('abc'));
    expect(chunk?.hash).toBe('ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad');
  });

  it('no chunk is longer than it may be', async () => {
    await fc.assert(
      fc.asyncProperty(anyText, fc.integer({ min: 2, max: 50 }), async (text, chunkSize) => {
        for (const chunk of await split(markdown(text), { chunkSize, chunkOverlap: 1 }))
          expect(chunk.text.length).toBeLessThanOrEqual(chunkSize);
      }),
    );
  });

  it.each([
    ['two megabytes of prose', `${'word '.repeat(12)}\n\n`.repeat(32_000)],
    ['a line of two megabytes', 'word '.repeat(400_000)],
    ['two megabytes without a blank', 'x'.repeat(2_000_000)],
    ['a row of a million columns', 'a,'.repeat(1_000_000)],
    ['a million empty lines', '\n'.repeat(2_000_000)],
    ['two million blanks', ' '.repeat(2_000_000)],
    ['half a million headings', '# a\n'.repeat(500_000)],
    ['a million fences', '```\n'.repeat(500_000)],
  ])(
    'is linear for any shape of text: %s',
    async (_, text) => {
      // Well below a second; quadratic time would exceed the test's time-out by far.
      const chunks = await split(markdown(text));
      expect(textOfChunks(chunks).replace(/\s/g, '')).toBe(text.replace(/\s/g, ''));
    },
    60_000,
  );
});

describe('ids of points', () => {
  it('are UUIDs of version 5: the name decides', () => {
    // The example of RFC 9562, appendix A.4: www.example.com in the namespace of domain names.
    const dns = Buffer.from('6ba7b8109dad11d180b400c04fd430c8', 'hex');
    expect(uuidV5('www.example.com', dns)).toBe('2ed6657d-e927-568b-95e1-2665a8aea6a2');
    expect(pointId('scope', 'file', 1, 0)).toBe(pointId('scope', 'file', 1, 0));
    const ids = [
      pointId('a', 'f', 1, 0),
      pointId('b', 'f', 1, 0),
      pointId('a', 'g', 1, 0),
      pointId('a', 'f', 2, 0),
      pointId('a', 'f', 1, 1),
    ];
    expect(new Set(ids).size).toBe(5);
  });
});
