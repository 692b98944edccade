import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { PageTexts } from './page-text';
import type { TextRun } from './segments';

const HEIGHT = 842;

/** A run at `x` from the left and `down` from above; a letter is half as wide as it is high. */
const run = (text: string, x: number, down: number, size = 10): TextRun => ({
  str: text,
  transform: [size, 0, 0, size, x, HEIGHT - down],
  width: (text.length * size) / 2,
  height: size,
});
const page = (...runs: TextRun[]): string => new PageTexts().add(runs, HEIGHT);
const row = (down: number, ...cells: string[]): TextRun[] => cells.map((cell, at) => run(cell, 50 + at * 100, down));
const prose = (x: number, down: number, words: string): TextRun[] =>
  Array.from({ length: 5 }, (_, at) => run(`${words} ${at} and some more words of it`, x, down + at * 14));

describe('the text of a page', () => {
  it('is read column by column, below what runs across both and before what follows', () => {
    const across = 'A title that runs across both columns of the page from the left to the right of it';
    const text = page(
      run(across, 50, 40),
      ...prose(50, 80, 'left'),
      ...prose(330, 80, 'right'),
      run(across, 50, 200),
      ...prose(50, 240, 'lower left'),
      ...prose(330, 240, 'lower right'),
    );
    expect(text.replace(/ \d and some more words of it/g, '').replace(/\n+/g, '|')).toBe(
      [across, 'left|left|left|left|left', 'right|right|right|right|right', across]
        .concat(['lower left', 'lower right'].map((words) => Array.from({ length: 5 }, () => words).join('|')))
        .join('|'),
    );
  });

  it('keeps rows of a table whole and gives them the names of their columns, over a page break as well', () => {
    const texts = new PageTexts();
    const head = ['Part', 'Colour', 'Price'];
    const first = texts.add(
      [
        ...row(100, ...head),
        ...row(115, 'A1', 'red', '10'),
        ...row(130, 'A2', 'blue', '20'),
        ...row(145, 'A3', 'green', '30'),
      ],
      HEIGHT,
    );
    expect(first).toBe(
      'Part | Colour | Price\nPart: A1 | Colour: red | Price: 10\nPart: A2 | Colour: blue | Price: 20\nPart: A3 | Colour: green | Price: 30',
    );
    const repeated = texts.add([...row(40, ...head), ...row(55, 'A4', 'grey', '40')], HEIGHT);
    expect(repeated).toBe('Part: A4 | Colour: grey | Price: 40');
    expect(texts.add(row(40, 'A5', 'pink', '50'), HEIGHT)).toBe('Part: A5 | Colour: pink | Price: 50');
    expect(texts.add([run('After the table.', 50, 40)], HEIGHT)).toBe('After the table.');
    expect(texts.add(row(40, 'B1', 'pink', '50'), HEIGHT)).toBe('B1 pink 50');
  });

  it('joins the lines of a cell, and names columns by all rows of a head that spans some', () => {
    const text = page(
      run('first half', 175, 86),
      run('second half', 375, 86),
      ...row(100, 'Town', 'Plan', 'Spent', 'Plan', 'Spent'),
      ...row(130, 'Ulm', '10', '9', '1', '2'),
      ...row(150, 'Bern upon', '20', '18', '2', '3'),
      run('the river', 50, 161),
      ...row(180, 'Graz', '30', '33', '0', '7'),
    );
    expect(text).toContain('Town: Bern upon the river | ');
    expect(text).toContain('first half Spent: 33 | second half Plan: 0 | second half Spent: 7');
  });

  it('marks headings by the size of their letters, and no line that only looks like one', () => {
    const text = page(
      run('Chapter', 50, 40, 16),
      run('Part one', 50, 70, 12),
      ...prose(50, 100, 'text'),
      run('# no heading', 50, 170),
    );
    expect(text).toMatch(/^# Chapter\n\n### Part one\n\ntext 0/);
    expect(text).toContain('\n\\# no heading');
  });

  it('has notes at its end and running titles once', () => {
    const texts = new PageTexts();
    const sheet = (number: number) => [
      run('The running title', 50, 30),
      run(`Page ${number}`, 280, 815),
      ...prose(50, 80, `page ${number}`),
      ...Array.from({ length: 30 }, (_, at) => run(`line ${at}`, 50, 200 + at * 14)),
      run(`${number} A note of page ${number}`, 50, 790, 8),
    ];
    expect(texts.add(sheet(4), HEIGHT)).toMatch(/^The running title\n[^]*Page 4/);
    const second = texts.add(sheet(5), HEIGHT);
    expect(second).not.toMatch(/running title|Page 5/);
    expect(second).toMatch(/5 A note of page 5$/);
  });

  it('puts raised letters beside what they belong to', () => {
    const text = page(
      run('area in m', 50, 100),
      run('2', 95, 96, 6),
      run(' of the hall', 99, 100),
      ...prose(50, 130, 'text'),
    );
    expect(text).toContain('area in m^2 of the hall');
  });

  it('is that of a page which was scanned on its side', () => {
    const turned = ['first line', 'second line'].map((str, at) => ({
      str,
      transform: [0, 10, -10, 0, 100 + at * 14, 50],
      width: 50,
      height: 10,
    }));
    expect(page(...turned)).toBe('first line\nsecond line');
  });

  it('loses no word, wherever it is written', () => {
    const runs = fc.array(
      fc.record({
        x: fc.integer({ min: -100, max: 900 }),
        down: fc.integer({ min: -100, max: 1_000 }),
        size: fc.integer({ min: 1, max: 40 }),
        turn: fc.constantFrom(0, 0, 0, 1, 2, 3),
      }),
      { maxLength: 60 },
    );
    fc.assert(
      fc.property(runs, (places) => {
        const text = page(
          ...places.map(({ x, down, size, turn }, at) => {
            const [a = 0, b = 0] = [
              [size, 0],
              [0, size],
              [-size, 0],
              [0, -size],
            ][turn] ?? [size, 0];
            return { str: `w${at}w`, transform: [a, b, -b, a, x, HEIGHT - down], width: size * 2, height: size };
          }),
        );
        for (const at of places.keys()) expect(text).toContain(`w${at}w`);
      }),
      { numRuns: 200 },
    );
  });

  it.each([
    ['one line', (at: number) => run('a', at * 20, 50)],
    ['one column', (at: number) => run('a', 50, at * 12)],
    [
      'a grid of rows without columns',
      (at: number) => run('a', 50 + (at % 3) * 40 + ((at * 7) % 31), Math.floor(at / 3) * 12),
    ],
  ])('is read at any number of words (%s)', (_, place) => {
    const text = new PageTexts().add(
      Array.from({ length: 150_000 }, (__, at) => place(at)),
      HEIGHT,
    );
    expect(text.replace(/[^a]/g, '')).toHaveLength(150_000);
  });

  it.each([
    [Number.NaN, 0],
    [Infinity, 10],
    [1e300, 1e-300],
  ])('survives places that no page has (%s, %s)', (x, size) => {
    expect(() =>
      page({ str: 'a', transform: [size, 0, 0, size, x, x], width: x, height: size }, run('b', 50, 50)),
    ).not.toThrow();
  });
});
