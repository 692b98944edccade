import { describe, expect, it } from 'vitest';
import { mayClaim, refusal, SILENT_S } from './claim';

const own = { host: 'a', directory: 'd1' };
const claim = (known: { host?: string; directory?: string; silentS?: number }) =>
  mayClaim({ ...own, silentS: 0, ...known }, own);

describe('the machine of an embedded store', () => {
  it('is the one that has the directory', () => {
    expect(claim({})).toBe(true);
    expect(claim({ silentS: 1e6 })).toBe(true);
  });

  it('may have a new name once the old one is silent: a recreated container', () => {
    expect(claim({ host: 'b' })).toBe(false);
    expect(claim({ host: 'b', silentS: SILENT_S })).toBe(true);
  });

  it('may lose its directory, but is not served from two', () => {
    expect(claim({ directory: 'd2' })).toBe(false);
    expect(claim({ directory: 'd2', silentS: SILENT_S })).toBe(true);
  });

  it('is never replaced by a second machine, which gets an error with advice', () => {
    expect(claim({ host: 'b', directory: 'd2' })).toBe(false);
    expect(claim({ host: 'b', directory: 'd2', silentS: 1e6 })).toBe(false);
    const alive = refusal({ host: 'b', directory: 'd2', silentS: 2 }, own);
    expect(alive).toMatch(/host "b" \(seen 2 s ago\).*one machine only.*VECTOR_DB=qdrant/s);
    expect(alive).not.toContain('DELETE');
    expect(refusal({ host: 'b', directory: 'd2', silentS: 900 }, own)).toContain(
      'DELETE FROM retrieval.embedded_store',
    );
  });
});
