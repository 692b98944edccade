import type { History, Outage } from '../record/history';
import { mayBeLost } from './losses';
import { overlaps } from './outage-time';
import type { Violation } from './violation';

/** A change is everywhere within this time. */
const EVERYWHERE_MS = 1_000;

/** One reader at one gateway never reads an older setting than before, and no reader reads an old one a second after the change. */
export function checkSettings({
  settings,
  outages,
  lostTails,
}: Pick<History, 'settings' | 'outages' | 'lostTails'>): Violation[] {
  const violations: Violation[] = [];
  const kept = settings.writes.filter(({ acknowledgedAt }) => !mayBeLost(acknowledgedAt, lostTails));
  // A failover that loses changes sets each reader back once.
  const setBack = new Set<string>();
  const isLost = (key: string, name: string, number: number, at: number): boolean =>
    lostTails.some((tail, n) => {
      if (at < tail.from || setBack.has(`${n} ${key} ${name}`)) return false;
      if (name === 'value' && kept.some((write) => write.acknowledgedAt < tail.from && write.value > number))
        return false;
      setBack.add(`${n} ${key} ${name}`);
      return true;
    });
  const last = new Map<string, Record<string, number>>();
  for (const { reader, gateway, value, applied, sentAt, at } of settings.reads) {
    const key = `${reader} ${gateway}`;
    const before = last.get(key) ?? {};
    const seen: Record<string, number> = { value, ...applied };
    for (const [name, number] of Object.entries(seen)) {
      if (number >= (before[name] ?? 0) || isLost(key, name, number, at)) continue;
      const what = `${reader} read ${name} ${number} at ${gateway} after ${before[name]}`;
      violations.push({ invariant: 'settings never go back', kind: 'lost', what, from: sentAt, to: at });
      seen[name] = before[name] ?? 0;
    }
    last.set(key, { ...before, ...seen });
    const due = kept.filter(({ acknowledgedAt }) => acknowledgedAt + EVERYWHERE_MS < sentAt).at(-1);
    if (due === undefined || value >= due.value || isDown(outages, due.acknowledgedAt, at)) continue;
    const late = sentAt - due.acknowledgedAt;
    const what = `${reader} read ${value} at ${gateway}, ${late} ms after ${due.value} was saved`;
    violations.push({
      ...{ invariant: 'settings are everywhere within a second', kind: 'late', what, from: sentAt, to: at },
    });
  }
  return violations;
}

/**
 * No gateway answers the token of an ended session to a request that is sent a second later. No outage excuses that, but an end that a failover
 * may have lost is counted (`lossesOf`).
 */
export function checkRevocations({ revocations, lostTails }: Pick<History, 'revocations' | 'lostTails'>): Violation[] {
  return revocations.flatMap(({ what, acknowledgedAt, probes }) => {
    if (mayBeLost(acknowledgedAt, lostTails)) return [];
    const late = probes.filter(({ sentAt, status }) => status === 200 && sentAt > acknowledgedAt + EVERYWHERE_MS);
    const [first] = late;
    if (first === undefined) return [];
    return [
      {
        invariant: 'a revoked session is refused within a second' as const,
        kind: 'late' as const,
        what: `${what}: ${first.gateway} still answered ${first.sentAt - acknowledgedAt} ms later`,
        from: acknowledgedAt,
        to: late.at(-1)?.sentAt ?? first.sentAt,
      },
    ];
  });
}

function isDown(outages: readonly Outage[], from: number, to: number): boolean {
  return outages.some((outage) => outage.excuses === 'all' && overlaps(outage, { from, to }));
}
