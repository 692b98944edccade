import { describe, expect, it } from 'vitest';
import { endsInHalfPair, storable, TextBuffer } from './text-buffer';

describe('TextBuffer', () => {
  it('returns every suffix of the appended text, for any pieces', () => {
    const buffer = new TextBuffer('start');
    let text = 'start';
    for (let n = 0; n < 1_200; n += 1) {
      const piece = String(n).repeat(n % 4);
      buffer.append(piece);
      text += piece;
      if (n % 100 === 0) expect(buffer.toString()).toBe(text);
      expect(buffer.slice(text.length - 7)).toBe(text.slice(-7));
    }
    expect(buffer.length).toBe(text.length);
    for (let from = 0; from <= text.length; from += 13) expect(buffer.slice(from)).toBe(text.slice(from));
    expect(buffer.slice(text.length + 5)).toBe('');
  });

  it('cuts the text at an offset', () => {
    const buffer = new TextBuffer();
    for (const piece of ['ab', 'cd', 'ef']) buffer.append(piece);
    buffer.truncate(9);
    expect(buffer.toString()).toBe('abcdef');
    buffer.truncate(3);
    buffer.append('X');
    expect(buffer.toString()).toBe('abcX');
    buffer.truncate(0);
    expect([buffer.length, buffer.slice(0)]).toEqual([0, '']);
  });
});

describe('storable', () => {
  it('replaces only characters that UTF-8 and Postgres cannot store', () => {
    expect(storable('plain ünï 🙂 text')).toBe('plain ünï 🙂 text');
    expect(storable('\ud83d alone \ude42, NUL \0, 🙂')).toBe('\ufffd alone \ufffd, NUL \ufffd, 🙂');
  });

  it('recognises a text that ends in half a surrogate pair', () => {
    expect(endsInHalfPair('🙂'.slice(0, 1))).toBe(true);
    expect(endsInHalfPair('🙂')).toBe(false);
    expect(endsInHalfPair('')).toBe(false);
  });
});
