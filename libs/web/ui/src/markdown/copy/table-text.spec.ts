import { describe, expect, it } from 'vitest';
import { toCsv, toTsv } from './table-text';

describe('a table for office programs', () => {
  it('is pasted with one line for each row, whatever is in its cells', () => {
    expect(
      toTsv([
        ['a', 'b'],
        ['1\t2', 'x\ny'],
      ]),
    ).toBe('a\tb\n1 2\tx y');
  });

  it('is a file whose cells keep commas, quotes and lines, and run nothing', () => {
    expect(
      toCsv([
        ['a', 'b, "c"', 'd\ne'],
        ['=HYPERLINK("http://x")', '-12.5', '+49 30 1234'],
        ['@SUM(1)', '-cmd', '- 3'],
      ]),
    ).toBe('\uFEFFa,"b, ""c""","d\ne"\r\n"\'=HYPERLINK(""http://x"")",-12.5,+49 30 1234\r\n\'@SUM(1),\'-cmd,- 3\r\n');
  });
});
