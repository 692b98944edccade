import { describe, expect, it } from 'vitest';
import { Readings } from './readings';

/** A browser's storage. */
function storage(entries: Record<string, string> = {}, refuses = false): Storage {
  const kept = new Map(Object.entries(entries));
  return {
    getItem: (key: string) => kept.get(key) ?? null,
    setItem: (key: string, value: string) => {
      if (refuses) throw new DOMException('full', 'QuotaExceededError');
      kept.set(key, value);
    },
    removeItem: (key: string) => void kept.delete(key),
    get length() {
      return kept.size;
    },
  } as Storage;
}

describe('the readings of a tab', () => {
  it('outlive a reload', () => {
    const tab = storage();
    const readings = new Readings(tab);
    Object.assign(readings.of('a'), { place: { message: 'm', above: 12 }, width: 700 });
    readings.of('a').heights['m'] = 240;
    readings.keep('a');
    expect(new Readings(tab).of('a')).toEqual({
      place: { message: 'm', above: 12 },
      width: 700,
      heights: { m: 240 },
    });
  });

  it('go along when a new chat gets its id', () => {
    const readings = new Readings(storage());
    readings.of('').heights['m'] = 90;
    readings.begin('a');
    expect(readings.of('a').heights).toEqual({ m: 90 });
    expect(readings.of('').heights).toEqual({});
  });

  it('are kept of the last twenty chats', () => {
    const tab = storage();
    const readings = new Readings(tab);
    for (let at = 0; at < 30; at++) {
      readings.of(`c${at}`).width = 1;
      readings.keep(`c${at}`);
    }
    readings.keep('c10');
    expect(tab.length).toBe(21);
    expect(new Readings(tab).of('c29').width).toBe(1);
    expect(new Readings(tab).of('c9').width).toBe(0);
  });

  it.each(['{', '7', '{"place":1,"heights":2}', '{"place":{"message":1},"width":"x","heights":{"a":"b"}}'])(
    'are empty if a page wrote %s',
    (written) => {
      expect(new Readings(storage({ 'reading:a': written })).of('a')).toEqual({ width: 0, heights: {} });
    },
  );

  it('do without a storage that is full', () => {
    const readings = new Readings(storage({}, true));
    readings.of('a').width = 5;
    expect(() => readings.keep('a')).not.toThrow();
    expect(readings.of('a').width).toBe(5);
  });
});
