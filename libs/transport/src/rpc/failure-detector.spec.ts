import { describe, expect, it } from 'vitest';
import { FailureDetector, type SilentRecord } from './failure-detector';

const START = 1_000_000;

function silent(streamId: string, keptAt: number, now: number): SilentRecord {
  return { streamId, consumer: 'other', idleMs: now - keptAt, deliveries: 1 };
}

/** A replica whose heartbeats have been regular for long. */
function settled(): FailureDetector {
  const detector = new FailureDetector();
  for (let beat = 0; beat < 10; beat += 1) detector.look([], START - 10_000 + beat * 500);
  return detector;
}

describe('FailureDetector', () => {
  it('claims a record that was seen silent twice, 1.5 s after its last keep-alive', () => {
    const detector = settled();
    expect(detector.look([silent('1-0', START, START + 1_100)], START + 1_100)).toEqual([]);
    const dead = detector.look([silent('1-0', START, START + 1_600)], START + 1_600);
    expect(dead.map((record) => record.streamId)).toEqual(['1-0']);
  });

  it('does not claim a record on the first look, however old', () => {
    expect(settled().look([silent('1-0', START - 60_000, START)], START)).toEqual([]);
  });

  it('does not claim a record with a keep-alive between the two looks', () => {
    const detector = settled();
    detector.look([silent('1-0', START, START + 1_400)], START + 1_400);
    const later = START + 9_000;
    expect(detector.look([silent('1-0', START + 7_000, later)], later)).toEqual([]);
  });

  it('waits for six good heartbeats after a bad one', () => {
    const detector = settled();
    detector.forget();
    const looks = [0, 500, 1_000, 1_500, 2_000, 2_500].map((ms) => {
      const now = START + 5_000 + ms;
      return detector.look([silent('1-0', START, now)], now).length;
    });
    expect(looks).toEqual([0, 0, 0, 0, 0, 1]);
  });

  it('forgets suspects that are no longer silent', () => {
    const detector = settled();
    detector.look([silent('1-0', START, START + 1_400)], START + 1_400);
    detector.look([], START + 1_900);
    expect(detector.look([silent('1-0', START, START + 2_400)], START + 2_400)).toEqual([]);
  });
});
