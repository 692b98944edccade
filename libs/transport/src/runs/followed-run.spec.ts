import { describe, expect, it } from 'vitest';
import { FollowedRunState } from './followed-run';
import type { RunIdentity, RunUpdate } from './types';

const identity: RunIdentity = { runId: 'run', userId: 'user', model: 'm', chatId: 'chat', messageId: 'message' };

function state(): FollowedRunState {
  const run = new FollowedRunState('run', (error) => {
    throw error;
  });
  run.identify(identity);
  return run;
}

function watch(run: FollowedRunState, start: Parameters<FollowedRunState['attach']>[0] = 'start'): RunUpdate[] {
  const updates: RunUpdate[] = [];
  run.attach(start, (update) => updates.push(update));
  return updates;
}

const first = { epoch: 1, generation: 1, base: 0, from: 0 };
const empty = { position: { epoch: 1, generation: 1, offset: 0 }, text: '' };

describe('FollowedRunState', () => {
  it('holds text beyond a gap back until the gap is filled', () => {
    const run = state();
    const updates = watch(run);
    run.open({ ...first, text: 'ab' });
    run.piece(1, 1, 4, 'ef');
    run.piece(1, 1, 6, 'gh');
    run.deliver();
    expect([run.text, run.needsText]).toEqual(['ab', true]);
    run.applyDurable({
      position: { epoch: 1, generation: 1, offset: 5 },
      bases: new Map([[1, 0]]),
      from: 2,
      text: 'cde',
    });
    run.deliver();
    expect([run.text, run.needsText]).toEqual(['abcdefgh', false]);
    expect(updates.map((update) => ('text' in update ? update.text : ''))).toEqual(['ab', 'cdefgh']);
  });

  it('keeps the last part of text with two gaps', () => {
    const run = state();
    run.open({ ...first, text: 'a' });
    run.piece(1, 1, 2, 'c');
    run.piece(1, 1, 5, 'f');
    run.applyDurable({
      position: { epoch: 1, generation: 1, offset: 5 },
      bases: new Map([[1, 0]]),
      from: 1,
      text: 'bcde',
    });
    expect([run.text, run.needsText]).toEqual(['abcdef', false]);
  });

  it('detects a gap by a heartbeat beyond its text', () => {
    const run = state();
    run.open({ ...first, text: 'a' });
    run.piece(1, 1, 1, '');
    expect(run.needsText).toBe(false);
    run.piece(1, 1, 3, '');
    expect(run.needsText).toBe(true);
  });

  it('drops frames of an older epoch or generation, and repeated ones', () => {
    const run = state();
    run.open({ ...first, text: 'abc' });
    run.piece(1, 1, 1, 'bcd');
    run.open({ epoch: 2, generation: 2, base: 0, from: 0, text: 'new' });
    run.piece(1, 1, 4, 'e');
    run.open({ ...first, text: 'abcdefgh' });
    expect(run.position).toEqual({ epoch: 2, generation: 2, offset: 3 });
    run.piece(2, 2, 2, 'wer');
    expect(run.text).toBe('newer');
  });

  describe('a reader that is ahead of the gateway to which it has come', () => {
    const behind = { ...first, text: 'durable' };
    const whole = {
      position: { epoch: 2, generation: 1, offset: 14 },
      bases: new Map([
        [1, 0],
        [2, 12],
      ]),
      from: 7,
      text: ' shown!',
    };

    it('is not reset when the next owner continues beyond it', () => {
      const run = state();
      run.open(behind);
      const updates = watch(run, { epoch: 1, generation: 1, offset: 10 });
      run.open({ epoch: 2, generation: 1, base: 12, from: 12, text: 'n!' });
      run.deliver();
      expect(updates).toEqual([]);
      run.applyDurable(whole);
      run.deliver();
      expect(updates).toEqual([{ kind: 'delta', epoch: 2, generation: 1, offset: 10, text: 'own!' }]);
    });

    it.each([
      ['when the next owner continues before it', { epoch: 2, generation: 1, base: 9, from: 7, text: ' shown!' }],
      ['when an owner between is unknown', { epoch: 3, generation: 1, base: 12, from: 7, text: ' shown!' }],
    ])('is reset %s', (_, opened) => {
      const run = state();
      run.open(behind);
      const updates = watch(run, { epoch: 1, generation: 1, offset: 10 });
      run.open(opened);
      run.deliver();
      expect(updates).toEqual([{ kind: 'reset', epoch: opened.epoch, generation: 1, text: 'durable shown!' }]);
    });
  });

  it('resets readers beyond a new base once, and no others', () => {
    const run = state();
    run.open({ ...first, text: 'durable' });
    const [ahead, behind] = [watch(run), watch(run, { epoch: 1, generation: 1, offset: 3 })];
    run.deliver();
    const paused = run.attach('start', () => undefined);
    paused.pause();
    run.piece(1, 1, 7, ' live');
    run.deliver();
    run.open({ epoch: 2, generation: 1, base: 7, from: 7, text: '!' });
    run.deliver();
    run.piece(2, 1, 8, '?');
    run.deliver();
    expect(ahead.map(({ kind }) => kind)).toEqual(['delta', 'delta', 'reset', 'delta']);
    expect(behind.map(({ kind }) => kind)).toEqual(['delta', 'delta', 'reset', 'delta']);
    expect(ahead[2]).toEqual({ kind: 'reset', epoch: 2, generation: 1, text: 'durable!' });
    expect(run.text).toBe('durable!?');
  });

  it('resets a cursor that it cannot validate', () => {
    const run = state();
    run.open({ epoch: 4, generation: 1, base: 5, from: 0, text: '12345678' });
    const resets = (epoch: number, offset: number): boolean => {
      const updates = watch(run, { epoch, generation: 1, offset });
      run.deliver();
      return updates[0]?.kind === 'reset';
    };
    expect(run.canJudge({ epoch: 2, generation: 1, offset: 1 })).toBe(false);
    expect(resets(2, 1)).toBe(true);
    expect([resets(3, 5), resets(3, 6), resets(4, 7)]).toEqual([false, true, false]);
  });

  it('ends once, when the text is as long as the end says', () => {
    const run = state();
    const updates = watch(run);
    const terminal = { state: 'completed', generation: 1, length: 4 } as const;
    run.open({ ...first, text: 'ab' });
    run.end(terminal);
    run.deliver();
    expect(updates.at(-1)?.kind).toBe('delta');
    run.piece(1, 1, 2, 'cd');
    run.deliver();
    run.end(terminal);
    run.piece(1, 1, 4, 'zz');
    run.deliver();
    expect(updates.map(({ kind }) => kind)).toEqual(['delta', 'delta', 'end']);
    expect(updates.at(-1)).toEqual({ kind: 'end', epoch: 1, terminal, text: 'abcd' });
    expect(run.followers.size).toBe(0);
  });

  it('replaces any shown text by the final text of the database', () => {
    for (const final of ['abcd and more', 'ab', 'other', '']) {
      const run = state();
      const updates = watch(run);
      run.open({ ...first, text: 'abcd' });
      run.deliver();
      const terminal = { state: 'cancelled', generation: 1, length: final.length } as const;
      run.applyLookup({ identity, position: { epoch: 1, generation: 1, offset: final.length }, text: final, terminal });
      run.deliver();
      expect(updates.map(({ kind }) => kind)).toEqual(['delta', final.startsWith('abcd') ? 'delta' : 'reset', 'end']);
      expect(updates.at(-1)).toMatchObject({ text: final });
    }
  });

  it('sends the present text as a reset to a reader that joins, and as a delta to one that starts', () => {
    const run = state();
    const early = watch(run, 'join');
    run.open({ ...first, from: 2, text: 'cd' });
    run.deliver();
    expect(early).toEqual([]);
    run.applyDurable({
      position: { epoch: 1, generation: 1, offset: 2 },
      bases: new Map([[1, 0]]),
      from: 0,
      text: 'ab',
    });
    const beginning = watch(run, 'start');
    run.deliver();
    expect(early).toEqual([{ kind: 'reset', epoch: 1, generation: 1, text: 'abcd' }]);
    expect(beginning).toEqual([{ kind: 'delta', epoch: 1, generation: 1, offset: 0, text: 'abcd' }]);
  });

  it.each([
    ['its stream', (run: FollowedRunState) => run.applyDurable({ ...empty, bases: new Map([[1, 0]]), from: 0 })],
    ['the database', (run: FollowedRunState) => run.applyLookup({ ...empty, identity })],
  ])('replaces what a reader has seen elsewhere, when it joins a run without text in %s yet', (_, learn) => {
    const run = state();
    learn(run);
    const updates = watch(run, 'join');
    run.deliver();
    run.open({ ...first, text: '' });
    run.deliver();
    expect(updates).toEqual([]);
    run.piece(1, 1, 0, 'seen elsewhere');
    run.deliver();
    run.piece(1, 1, 14, ', and more');
    run.deliver();
    expect(updates).toEqual([
      { kind: 'reset', epoch: 1, generation: 1, text: 'seen elsewhere' },
      { kind: 'delta', epoch: 1, generation: 1, offset: 14, text: ', and more' },
    ]);
  });

  it('ends for a reader that joined a run that never had text', () => {
    const run = state();
    run.open({ ...first, text: '' });
    const updates = watch(run, 'join');
    run.deliver();
    run.end({ state: 'cancelled', generation: 1, length: 0 });
    run.deliver();
    expect(updates.map(({ kind }) => kind)).toEqual(['end']);
  });

  it('isolates a reader that throws from the others', () => {
    const errors: unknown[] = [];
    const run = new FollowedRunState('run', (error) => errors.push(error));
    run.identify(identity);
    run.attach('start', () => {
      throw new Error('broken reader');
    });
    const updates = watch(run);
    run.open({ ...first, text: 'x' });
    run.deliver();
    expect([errors.length, updates.length]).toEqual([1, 1]);
  });
});
