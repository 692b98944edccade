import type { KnowledgeSource } from '@perennial/contracts-wire';
import { LANGUAGE } from '../../messages/formats';
import { tso } from './messages';

/** What a source is called. */
export function nameOf({ type, url, branch, directory, path }: KnowledgeSource): string {
  if (type === 'git') return [url, branch, path].filter(Boolean).join(' › ');
  return url ?? [directory, path].filter(Boolean).join('/');
}

export const INTERVALS = [
  [3_600, 'interval.hour'],
  [86_400, 'interval.day'],
  [604_800, 'interval.week'],
  [2_592_000, 'interval.month'],
  [null, 'interval.never'],
] as const;

/** The intervals to choose from; a strange one is among them if it is the present one. */
export function intervalChoices(present?: number | null): [value: string, words: string][] {
  const choices = INTERVALS.map(([seconds, id]): [string, string] => [String(seconds ?? ''), tso(id)]);
  const isKnown = present === undefined || INTERVALS.some(([seconds]) => seconds === present);
  if (isKnown) return choices;
  return [[String(present), tso('interval.other', { count: Math.round((present ?? 0) / 60) })], ...choices];
}

/** What a source does now, and when it does it again. */
export function statusWords(source: KnowledgeSource, now: number): string {
  const { status, finished_at: read, next_at: next } = source;
  if (status !== 'idle') return tso(`status.${status}`);
  if (read === null) return tso('status.new');
  const words = tso('status.idle', { time: fromNow(read, now) });
  return next === null ? words : `${words} · ${tso('next', { time: fromNow(next, now) })}`;
}

const UNITS = [
  ['day', 86_400],
  ['hour', 3_600],
  ['minute', 60],
] as const;

/** `2 hours ago`, `in 3 days`. @param now both in epoch seconds */
export function fromNow(time: number, now: number): string {
  const format = new Intl.RelativeTimeFormat(LANGUAGE.get(), { numeric: 'auto' });
  const apart = time - now;
  const [unit, seconds] = UNITS.find(([, seconds]) => Math.abs(apart) >= seconds) ?? ['second', 1];
  return format.format(Math.trunc(apart / seconds), unit);
}
