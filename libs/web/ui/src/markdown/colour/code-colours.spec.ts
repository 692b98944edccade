import { describe, expect, it } from 'vitest';
import { CodeColours, MOST_TEXT } from './code-colours';
import type { Colourer, Runs } from './colours';

/** Each line is one piece; what it was asked for is noted. */
class LineColourer implements Colourer {
  readonly asked: string[] = [];
  /** Waits with its answers. */
  readonly open: (() => void)[] = [];
  isSlow = false;
  fails = false;

  known(): undefined {
    return undefined;
  }

  async colour(_: string, text: string): Promise<Runs | undefined> {
    this.asked.push(text);
    if (this.isSlow) await new Promise<void>((done) => this.open.push(done));
    if (this.fails) return undefined;
    let at = 0;
    return Uint32Array.from(text.split(/(?<=\n)/).flatMap((line) => [at, (at += line.length), 0]));
  }
}

/** Until all that waits for nothing has run. */
async function turn(): Promise<void> {
  for (let nth = 0; nth < 10; nth++) await Promise.resolve();
}

const coloured = (colours: CodeColours): number => colours.shown().reduce((sum, runs) => sum + runs.length / 3, 0);

describe('the colours of a block of code', () => {
  it('cost at most five times what the whole of it costs, while it grows letter by letter, and end with all of it', async () => {
    const colourer = new LineColourer();
    const colours = new CodeColours(colourer, 'ts');
    const text = Array.from({ length: 600 }, (_, at) => `const a${at} = ${at};`).join('\n');
    for (let end = 0; end < text.length; end += 3) {
      colours.grow(text.slice(0, end), false);
      await turn();
      // Half a line is not coloured.
      expect(colourer.asked.at(-1) ?? '\n').toMatch(/\n$/);
    }
    colours.grow(text, true);
    await turn();
    expect(coloured(colours)).toBe(600);
    const letters = colourer.asked.reduce((sum, { length }) => sum + length, 0);
    expect(letters).toBeLessThan(6 * text.length);
    expect(colourer.asked.length).toBeLessThan(60);
  });

  it('stay as objects where nothing has changed, so that only what grows renders', async () => {
    const colours = new CodeColours(new LineColourer(), 'ts');
    colours.grow('a\n'.repeat(120), false);
    await turn();
    const [first, second, third] = colours.shown();
    colours.grow('a\n'.repeat(200), true);
    await turn();
    expect(colours.shown().slice(0, 2)).toEqual([first, second]);
    expect([colours.shown()[0] === first, colours.shown()[1] === second, colours.shown()[2] === third]).toEqual([
      true,
      true,
      false,
    ]);
  });

  it('are asked for one after another: what grew meanwhile is asked for at once', async () => {
    const colourer = new LineColourer();
    colourer.isSlow = true;
    const colours = new CodeColours(colourer, 'ts');
    for (let lines = 1; lines < 50; lines++) colours.grow('a\n'.repeat(lines), false);
    expect(colourer.asked.length).toBe(1);
    colourer.open.shift()!();
    await turn();
    expect(colourer.asked.map(({ length }) => length)).toEqual([2, 98]);
  });

  it('are those of the new text when another one takes the place of the old', async () => {
    const colourer = new LineColourer();
    colourer.isSlow = true;
    const colours = new CodeColours(colourer, 'ts');
    colours.grow('old\nold\n', true);
    colours.grow('new\n', true);
    for (const answer of colourer.open) answer();
    await turn();
    expect(coloured(colours)).toBe(1);
    colours.grow('another', false);
    expect(colours.shown()).toEqual([]);
  });

  it('stay where they are when the next ones do not come, and nothing is asked again', async () => {
    const colourer = new LineColourer();
    const colours = new CodeColours(colourer, 'ts');
    colours.grow('a\na\n', false);
    await turn();
    colourer.fails = true;
    colours.grow('a\n'.repeat(10), false);
    await turn();
    colours.grow('a\n'.repeat(100), true);
    await turn();
    expect([coloured(colours), colourer.asked.length]).toEqual([2, 2]);
  });

  it('end after the most that is coloured, at a whole line; a single longer line stays plain', async () => {
    const colourer = new LineColourer();
    const colours = new CodeColours(colourer, 'ts');
    colours.grow('abcdef\n'.repeat(MOST_TEXT), true);
    await turn();
    expect(colourer.asked[0]!.length).toBeGreaterThan(MOST_TEXT - 8);
    expect(colourer.asked[0]!.length % 7).toBe(0);
    const long = new CodeColours(colourer, 'ts');
    long.grow('x'.repeat(MOST_TEXT + 1), true);
    await turn();
    expect(colourer.asked.length).toBe(1);
  });
});
