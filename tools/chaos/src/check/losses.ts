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
  kinds: Record<'turns' | 'documents' | 'settings' | 'ended sessions', { acknowledged: number; lost: number }>;
}

/** What the failovers of a run lost of what had been acknowledged. */
export function lossesOf({ lostTails, turns, uploads, complaints, settings, revocations }: History): Losses {
  const inTail = (at: number | undefined): boolean => at !== undefined && mayBeLost(at, lostTails);
  const accepted = turns.filter((turn) => inTail(turn.accepted?.at));
  const documents = complaints.filter(({ missing }) => missing?.kind === 'document' && inTail(missing.acknowledgedAt));
  const written = settings.writes.filter(({ acknowledgedAt }) => inTail(acknowledgedAt));
  const ended = revocations.filter(({ acknowledgedAt }) => inTail(acknowledgedAt));
  return {
    behindMs: lostTails.map(({ from, to }) => Math.round(to - from)),
    kinds: {
      turns: { acknowledged: accepted.length, lost: accepted.filter(isGone).length },
      documents: { acknowledged: uploads.filter(inTail).length, lost: documents.length },
      settings: {
        acknowledged: written.length,
        lost: written.filter((write) => isSeenGone(write, settings, lostTails)).length,
      },
      'ended sessions': {
        acknowledged: ended.length,
        lost: ended.filter(({ probes }) => probes.at(-1)?.status === 200).length,
      },
    },
  };
}

/** Somebody read an older value after the failover, and before the next change. */
function isSeenGone(
  { value, acknowledgedAt }: History['settings']['writes'][number],
  { writes, reads }: History['settings'],
  tails: readonly LostTail[],
): boolean {
  const after = Math.max(...tails.filter(({ from }) => from <= acknowledgedAt).map(({ to }) => to));
  const next = writes.find((write) => write.value > value)?.sentAt ?? Infinity;
  return reads.some((read) => read.sentAt > after && read.at < next && read.value < value);
}
