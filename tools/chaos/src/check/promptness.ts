import type { History, Outage } from '../record/history';
import type { Violation } from './violation';

/** A change is everywhere within this time. */
const EVERYWHERE_MS = 1_000;

/** One reader at one gateway never reads an older setting than before, and no reader reads an old one a second after the change. */
export function checkSettings({ settings, outages }: Pick<History, 'settings' | 'outages'>): Violation[] {
  const violations: Violation[] = [];
  const last = new Map<string, Record<string, number>>();
  for (const { reader, gateway, value, applied, sentAt, at } of settings.reads) {
    const key = `${reader} ${gateway}`;
    const before = last.get(key) ?? {};
    const seen: Record<string, number> = { value, ...applied };
    for (const [name, number] of Object.entries(seen)) {
      if (number >= (before[name] ?? 0)) continue;
      const what = `${reader} read ${name} ${number} at ${gateway} after ${before[name]}`;
      violations.push({ invariant: 'settings never go back', kind: 'lost', what, from: sentAt, to: at });
      seen[name] = before[name] ?? 0;
    }
    last.set(key, { ...before, ...seen });
    const due = settings.writes.filter(({ acknowledgedAt }) => acknowledgedAt + EVERYWHERE_MS < sentAt).at(-1);
    if (due === undefined || value >= due.value || overlaps(outages, due.acknowledgedAt, at)) continue;
    const late = sentAt - due.acknowledgedAt;
    const what = `${reader} read ${value} at ${gateway}, ${late} ms after ${due.value} was saved`;
    violations.push({
      ...{ invariant: 'settings are everywhere within a second', kind: 'late', what, from: sentAt, to: at },
    });
  }
  return violations;
}

/** No gateway answers the token of an ended session to a request that is sent a second later. No outage excuses that. */
export function checkRevocations({ revocations }: Pick<History, 'revocations'>): Violation[] {
  return revocations.flatMap(({ what, acknowledgedAt, probes }) => {
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

function overlaps(outages: readonly Outage[], from: number, to: number): boolean {
  return outages.some((outage) => from <= outage.to && to >= outage.from);
}
