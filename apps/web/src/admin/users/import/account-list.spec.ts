import { describe, expect, it } from 'vitest';
import { decoded, readAccounts, writeAccounts } from './account-list';

const ada = { name: 'Ada', email: 'ada@example.com', role: 'user', password: 'secret words' };

describe('a list of accounts', () => {
  it.each([
    ['with names of columns', '\uFEFFEmail;Name;Role;Password\r\nada@example.com;Ada;user;secret words\r\n', 2],
    ['in the order of other products', 'Ada,ada@example.com,secret words,user', 1],
    ['with tabs, an empty line and spaces', '\n Ada \t ada@example.com\tsecret words\t user \n', 2],
    [
      'with quotes and lines in them',
      'name,email,password,role,note\n"Ada",ada@example.com,secret words,user,"a ""b""\nc"',
      2,
    ],
  ])('is read %s', (_, text, line) => {
    expect(readAccounts(text)).toEqual({ accounts: [{ line, ...ada }], faulty: [] });
  });

  it('says which lines cannot be read', () => {
    const text = `name,email\nAda,ada@example.com\njust words\nAgain,ADA@example.com\n"two\nlines",b@example.com\n${'x'.repeat(1_001)},c@example.com`;
    const { accounts, faulty } = readAccounts(text);
    expect(accounts.map(({ line, name }) => [line, name])).toEqual([
      [2, 'Ada'],
      [5, 'two\nlines'],
    ]);
    expect(faulty).toEqual([
      { line: 3, fault: 'no_columns' },
      { line: 4, fault: 'twice' },
      { line: 7, fault: 'too_long' },
    ]);
  });

  it('is written so that it can be read again, and no spreadsheet calculates it', () => {
    const accounts = [
      { line: 2, ...ada, name: '=1+1' },
      { line: 3, ...ada, name: 'Lovelace, "Ada"', email: 'b@example.com', password: '-x' },
    ];
    const text = writeAccounts(accounts);
    expect(text).toContain("\r\n'=1+1,");
    expect(readAccounts(text)).toEqual({ accounts, faulty: [] });
  });

  it('is read in UTF-8, and in the encoding of an older spreadsheet', () => {
    const line = 'Müller;mueller@example.com';
    expect(decoded(new TextEncoder().encode(line).buffer)).toBe(line);
    expect(decoded(Uint8Array.from(line, (letter) => letter.charCodeAt(0)).buffer)).toBe(line);
  });

  it('leaves passwords as they are', () => {
    const accounts = ["'-Secret99", '=Secret99', '"quoted"'].map((password, at) => ({
      ...{ ...ada, line: at + 2, email: `${at}@example.com`, password },
    }));
    expect(readAccounts(writeAccounts(accounts))).toEqual({ accounts, faulty: [] });
  });

  it('may be empty, or have nothing that is a list', () => {
    expect(readAccounts('')).toEqual({ accounts: [], faulty: [] });
    expect(readAccounts('"never ends,\n').accounts).toEqual([]);
  });
});
