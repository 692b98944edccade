import { describe, expect, it } from 'vitest';
import { KnownDevices } from './known-devices';

describe('a known device', () => {
  const devices = new KnownDevices(['a secret key']);
  const first = devices.remember(undefined, 'ada@example.com', 'session-1');

  it('is recognised for that account and no other', () => {
    expect(devices.recognise(first, 'ada@example.com')).toBe('session-1');
    expect(devices.recognise(first, 'bob@example.com')).toBeUndefined();
    expect(devices.recognise(undefined, 'ada@example.com')).toBeUndefined();
  });

  it('keeps its id through later sign-ins, and knows several accounts', () => {
    const both = devices.remember(first, 'bob@example.com', 'session-2');
    const again = devices.remember(both, 'ada@example.com', 'session-3');
    expect(devices.recognise(again, 'ada@example.com')).toBe('session-1');
    expect(devices.recognise(again, 'bob@example.com')).toBe('session-2');
  });

  it('is recognised by its proof under each key in force', () => {
    const next = new KnownDevices(['the next key', 'a secret key']);
    expect(next.recognise(first, 'ada@example.com')).toBe('session-1');
    const renewed = next.remember(first, 'ada@example.com', 'session-2');
    expect(new KnownDevices(['the next key']).recognise(renewed, 'ada@example.com')).toBe('session-1');
  });

  it('has a bounded size', () => {
    let proofs: string | undefined;
    for (let n = 0; n < 50; n += 1) proofs = devices.remember(proofs, `${n}@example.com`, `${n}`.padStart(36, '0'));
    expect(proofs?.length).toBeLessThan(400);
    expect(devices.recognise(proofs, '49@example.com')).toBeDefined();
    expect(devices.recognise(proofs, '1@example.com')).toBeUndefined();
  });

  it.each([
    ['another key', new KnownDevices(['another key']).remember(undefined, 'ada@example.com', 'session-1')],
    ['nothing', ''],
    ['noise', '~.~..~%00'],
    ['a made up device', first.replace('session-1', 'session-9')],
    ['a cut signature', first.slice(0, -1)],
  ])('is not accepted with %s', (_, proofs) => expect(devices.recognise(proofs, 'ada@example.com')).toBeUndefined());
});
