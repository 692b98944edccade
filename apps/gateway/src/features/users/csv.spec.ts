import { describe, expect, it } from 'vitest';
import { csvLine } from './csv';

describe('a line of CSV', () => {
  it.each([
    [['Ada', 'ada@example.com'], 'Ada,ada@example.com\r\n'],
    [['Lovelace, Ada', 'say "hi"', 'two\nlines'], '"Lovelace, Ada","say ""hi""","two\nlines"\r\n'],
    [['=HYPERLINK("http://evil")', '+1', '-2', '@x'], `"'=HYPERLINK(""http://evil"")",'+1,'-2,'@x\r\n`],
    [['', 'a;b'], ',"a;b"\r\n'],
  ])('%o', (cells, line) => expect(csvLine(cells)).toBe(line));
});
