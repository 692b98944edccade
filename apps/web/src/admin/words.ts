import { dateText } from '../messages/formats';
import { ta } from './messages';

const STEPS = [
  [86_400, 'days'],
  [3_600, 'hours'],
  [60, 'minutes'],
  [1, 'seconds'],
] as const;

/** A length of time in its largest unit: `4 s`, `3 min`, `2 days`. */
export function durationWords(seconds: number): string {
  const [size, unit] = STEPS.find(([size]) => seconds >= size) ?? [1, 'seconds'];
  return ta(`time.${unit}`, { count: Math.max(0, Math.floor(seconds / size)) });
}

export function agoWords(seconds: number): string {
  return ta('time.ago', { time: durationWords(seconds) });
}

/** A share (0 to 1 and beyond) in whole percent. */
export function percent(share: number): string {
  return ta('percent', { count: Math.round(share * 100) });
}

const MONTH_SECONDS = 30 * 86_400;

/** The day of a time (epoch seconds). */
export function dateWords(time: number): string {
  return dateText(time * 1_000, { day: 'numeric', month: 'short', year: 'numeric' });
}

/** How long ago a time was (epoch seconds; 0: never), or its day when that is long ago. */
export function sinceWords(time: number, now = Date.now() / 1_000): string {
  if (time === 0) return ta('time.never');
  const seconds = now - time;
  if (seconds < 60) return ta('time.justNow');
  return seconds < MONTH_SECONDS ? agoWords(seconds) : dateWords(time);
}
