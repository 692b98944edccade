import { splitThoughts } from '@perennial/contracts-gateway';
import type { RunEnd } from '@perennial/contracts-wire';
import type { RunListener } from '@perennial/web-client/live';
import fc from 'fast-check';
import { beforeEach, describe, expect, it } from 'vitest';
import { Run } from './run';
import { RunStore } from './run-store';

const END: RunEnd = { state: 'completed', generation: 1, length: 0, finish_reason: 'stop', usage: null, error: null };

describe('the runs of a page', () => {
  let streams: Map<string, RunListener>;
  let stopped: string[];
  let frames: (() => void)[];
  let clock: number;
  let rests: { run: () => void; ms: number }[];
  let store: RunStore;
  const frame = (): void => frames.splice(0).forEach((each) => each());

  beforeEach(() => {
    streams = new Map();
    stopped = [];
    frames = [];
    clock = 0;
    rests = [];
    store = new RunStore(
      (id, listener) => {
        streams.set(id, listener);
        return () => stopped.push(id);
      },
      {
        next: (run) => frames.push(run),
        painted: (run) => run(),
        later: (run, ms) => rests.push({ run, ms }),
      },
      () => clock,
    );
  });

  it('show what many events brought once in a frame', () => {
    const { run } = store.follow('r');
    let shown = 0;
    run.answer.subscribe(() => (shown += 1));
    for (let at = 0; at < 100; at++) streams.get('r')!.onText(at, 'x');
    expect([shown, frames.length]).toEqual([0, 1]);
    frame();
    expect([shown, run.answer.text, frames.length]).toEqual([1, 'x'.repeat(100), 0]);
  });

  it('keep what was shown while a take-over says it again, and grow from there', () => {
    const { run } = store.follow('r');
    const seen: string[] = [];
    const say = (offset: number, text: string) => {
      streams.get('r')!.onText(offset, text);
      frame();
      seen.push(run.answer.text);
    };
    say(0, 'one two three');
    say(0, 'one two');
    say(7, ' th');
    say(10, 'ree four');
    say(18, ' five');
    expect(seen).toEqual([...Array<string>(3).fill('one two three'), 'one two three four', 'one two three four five']);
  });

  it.each([
    [
      'a take-over that goes on otherwise',
      [
        [0, 'one two'],
        [7, ' tea'],
      ],
      'one two tea',
    ],
    [
      'an answer that begins anew with the same word',
      [
        [0, 'one'],
        [3, ' day'],
      ],
      'one day',
    ],
    ['an answer that begins anew with nothing', [[0, '']], ''],
  ] as [string, [number, string][], string][])('show %s in place of what was there', (_name, pieces, text) => {
    const { run } = store.follow('r');
    streams.get('r')!.onText(0, 'one two three');
    for (const [offset, piece] of pieces) streams.get('r')!.onText(offset, piece);
    frame();
    expect(run.answer.text).toBe(text);
  });

  it('take back what a take-over has not said when it ends', () => {
    const { run } = store.follow('r');
    streams.get('r')!.onText(0, 'one two three');
    streams.get('r')!.onText(0, 'one two');
    streams.get('r')!.onEnd(END);
    frame();
    expect(run.answer.text).toBe('one two');
  });

  it('do not tell a word to what shows the state of a run', () => {
    const { run } = store.follow('r');
    let told = 0;
    run.state.subscribe(() => (told += 1));
    for (let at = 0; at < 20; at++) {
      streams.get('r')!.onText(at, 'x');
      frame();
    }
    expect(told).toBe(1);
    streams.get('r')!.onEnd(END);
    frame();
    expect([told, run.state.get().end]).toEqual([2, END]);
  });

  it('leave as much time to the page as a slow frame took, and share the time of a frame', () => {
    const one = store.follow('one').run;
    const other = store.follow('other').run;
    one.answer.subscribe(() => (clock += 30));
    streams.get('one')!.onText(0, 'a');
    streams.get('other')!.onText(0, 'b');
    frame();
    expect([one.state.get().hasAnswer, other.state.get().hasAnswer]).toEqual([true, false]);
    expect([frames.length, rests.map(({ ms }) => ms)]).toEqual([0, [30]]);
    streams.get('one')!.onText(1, 'c');
    expect(frames).toEqual([]);
    rests[0]!.run();
    frame();
    expect(other.state.get().hasAnswer).toBe(true);
  });

  it('are read once for all who show them, until the last one leaves', () => {
    const first = store.follow('r');
    const second = store.follow('r');
    expect(second.run).toBe(first.run);
    first.release();
    first.release();
    expect(stopped).toEqual([]);
    second.release();
    expect(stopped).toEqual(['r']);
    expect(store.follow('r').run).not.toBe(first.run);
  });
});

describe('the text of a run', () => {
  const pieces = fc.array(
    fc.constantFrom(
      '<think>',
      '</think>',
      '<thinking>',
      '</thinking>',
      '\n',
      '\n\n',
      'some words',
      '```',
      '<',
      '`</think>`',
    ),
    { maxLength: 12 },
  );

  it('is split into thoughts and answer as the stored text is, however it comes', () => {
    fc.assert(
      fc.property(pieces, fc.boolean(), (parts, letters) => {
        const whole = parts.join('');
        const run = new Run();
        let offset = 0;
        for (const piece of letters ? [...whole] : parts) {
          run.write(offset, piece);
          offset += piece.length;
          run.flush();
        }
        run.end(END);
        run.flush();
        const { thoughts, answer } = splitThoughts(whole);
        expect(run.answer.text).toBe(answer);
        expect(run.state.get().hasThoughts).toBe(thoughts !== '');
        expect(run.thoughts.text.replace(/\s+/g, '')).toBe(thoughts.replace(/\s+/g, ''));
      }),
      { numRuns: 200 },
    );
  });

  it('is replaced from the place that the stream names', () => {
    const run = new Run();
    run.write(0, '<think>\nhm\n</think>\n\nHello');
    run.flush();
    expect(run.state.get()).toMatchObject({ hasThoughts: true, hasAnswer: true });
    run.write(0, 'Anew');
    run.write(2, 'd');
    run.flush();
    expect([run.answer.text, run.thoughts.text]).toEqual(['And', '']);
    expect(run.state.get()).toMatchObject({ hasThoughts: false, hasAnswer: true });
  });
});
