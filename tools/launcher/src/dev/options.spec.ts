import { describe, expect, it } from 'vitest';
import { parseDevCommandLine } from './options';

describe('parseDevCommandLine', () => {
  it('runs everything when nothing is said', () => {
    expect(parseDevCommandLine([])).toMatchObject({
      service: undefined,
      scale: { gateway: 1, chat: 1 },
      simulator: false,
    });
  });

  it('takes one service', () => {
    expect(parseDevCommandLine(['chat'])).toMatchObject({ service: 'chat' });
  });

  it('leaves a service out', () => {
    expect(parseDevCommandLine(['--scale', 'chat=0', '--port=9000'])).toMatchObject({ scale: { chat: 0 }, port: 9000 });
  });

  it('refuses what is neither', () => {
    expect(() => parseDevCommandLine(['web'])).toThrow('web is neither a service nor an option');
  });
});
