import { describe, expect, it } from 'vitest';
import { recoverText, textOfCheckpoints } from './recovery';

const piece = (generation: number, epoch: number, start: number, text: string) => ({ generation, epoch, start, text });

describe('text of checkpoints', () => {
  it('is the text of the last generation, piece by piece', () => {
    expect(textOfCheckpoints([piece(1, 1, 0, 'old'), piece(2, 1, 0, 'ab'), piece(2, 1, 2, 'cd')])).toEqual({
      generation: 2,
      text: 'abcd',
    });
    expect(textOfCheckpoints([])).toBeUndefined();
  });

  it('lets a later owner replace text that a fenced one appended late', () => {
    const text = textOfCheckpoints([piece(1, 1, 0, 'abc'), piece(1, 1, 3, 'zombie'), piece(1, 2, 3, 'def')]);
    expect(text).toEqual({ generation: 1, text: 'abcdef' });
  });

  it('stops at a gap', () => {
    expect(textOfCheckpoints([piece(1, 1, 0, 'abc'), piece(1, 1, 5, 'f')])?.text).toBe('abc');
  });
});

describe('recovery', () => {
  const resumed = (generation: number, text: string) =>
    ({ kind: 'resumed', generation, text, offset: text.length }) as const;

  it('begins with the first generation if there is no text', () => {
    expect(recoverText({ kind: 'empty' }, [])).toEqual({ generation: 1, text: '', checkpointed: 0 });
  });

  it('uses the durable stream, and knows how much of it Postgres has', () => {
    expect(recoverText(resumed(1, 'abcdef'), [piece(1, 1, 0, 'abc')])).toEqual({
      generation: 1,
      text: 'abcdef',
      checkpointed: 3,
    });
  });

  it('uses Postgres if Redis has less', () => {
    const checkpoints = [piece(1, 1, 0, 'abcdef')];
    expect(recoverText({ kind: 'empty' }, checkpoints).text).toBe('abcdef');
    expect(recoverText(resumed(1, 'abc'), checkpoints)).toEqual({ generation: 1, text: 'abcdef', checkpointed: 6 });
  });

  it('never joins two texts that do not continue each other', () => {
    expect(recoverText(resumed(1, 'abX'), [piece(1, 1, 0, 'abcdef')])).toEqual({
      generation: 1,
      text: 'abX',
      checkpointed: 0,
    });
  });

  it('uses the later generation, from either store', () => {
    expect(recoverText(resumed(2, 'new'), [piece(1, 1, 0, 'the old one')])).toMatchObject({
      generation: 2,
      text: 'new',
    });
    expect(recoverText(resumed(1, 'the old one'), [piece(2, 1, 0, 'new')])).toMatchObject({
      generation: 2,
      text: 'new',
    });
  });
});
