import type { History, LostTail, TurnHistory } from '../record/history';

/** A commit's acknowledgement reaches its person this much later at most. */
const REPLY_MS = 1_000;

/** Whether a failover may have lost what was acknowledged then (epoch milliseconds). */
export function mayBeLost(acknowledgedAt: number, tails: readonly LostTail[]): boolean {
  return tails.some(({ from, to }) => from <= acknowledgedAt && acknowledgedAt <= to + REPLY_MS);
}

/** A turn that was accepted and is not there any more. */
export function isGone({ accepted, stored, isRunLost }: TurnHistory): boolean {
  return accepted !== undefined && (stored === undefined || isRunLost === true);
}

export interface Losses {
  /** How far behind each promoted server was. */
  behindMs: number[];
  /** Of each kind: what was acknowledged in these times, and what of it is gone. */
  kinds: Record<'turns' | 'documents' | 'ended sessions', { acknowledged: number; lost: number }>;
  /** Readers that read an older version of the settings than before. */
  setBack: number;
}

/** What the failovers of a run lost of what had been acknowledged. */
export function lossesOf({ lostTails, turns, uploads, complaints, settings, revocations }: History): Losses {
  const inTail = (at: number | undefined): boolean => at !== undefined && mayBeLost(at, lostTails);
  const accepted = turns.filter((turn) => inTail(turn.accepted?.at));
  const documents = complaints.filter(({ missing }) => missing?.kind === 'document' && inTail(missing.acknowledgedAt));
  const ended = revocations.filter(({ acknowledgedAt }) => inTail(acknowledgedAt));
  return {
    behindMs: lostTails.map(({ from, to }) => Math.round(to - from)),
    kinds: {
      turns: { acknowledged: accepted.length, lost: accepted.filter(isGone).length },
      documents: { acknowledged: uploads.filter(inTail).length, lost: documents.length },
      'ended sessions': {
        acknowledged: ended.length,
        lost: ended.filter(({ probes }) => probes.at(-1)?.status === 200).length,
      },
    },
    setBack: countSetBacks(settings, lostTails),
  };
}

/** The next change covers a lost one at once, so what is counted is who read an older version than before. */
function countSetBacks({ reads }: History['settings'], tails: readonly LostTail[]): number {
  const last = new Map<string, number>();
  let count = 0;
  for (const { reader, gateway, applied, at } of reads) {
    if (applied.c === undefined) continue;
    const key = `${reader} ${gateway}`;
    if (applied.c < (last.get(key) ?? 0) && tails.some(({ from }) => at >= from)) count += 1;
    last.set(key, applied.c);
  }
  return count;
}
