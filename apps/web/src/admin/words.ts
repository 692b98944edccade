const STEPS: readonly [seconds: number, unit: string][] = [
  [86_400, 'day'],
  [3_600, 'h'],
  [60, 'min'],
  [1, 's'],
];

/** A length of time in its largest unit: `4 s`, `3 min`, `2 days`. */
export function durationWords(seconds: number): string {
  const [size, unit] = STEPS.find(([size]) => seconds >= size) ?? [1, 's'];
  const count = Math.max(0, Math.floor(seconds / size));
  return `${count} ${unit === 'day' && count !== 1 ? 'days' : unit}`;
}

/** `a`, `a and b`, `a, b and c`. */
export function listWords(words: readonly string[]): string {
  if (words.length < 2) return words.join('');
  return `${words.slice(0, -1).join(', ')} and ${words.at(-1)}`;
}

/** A share (0 to 1 and beyond) in whole percent. */
export function percent(share: number): string {
  return `${Math.round(share * 100)} %`;
}

const NUMBER = new Intl.NumberFormat('en');

export function numberWords(value: number): string {
  return NUMBER.format(value);
}

/** `1 account`, `100,002 accounts`. */
export function countWords(count: number, one: string, many = `${one}s`): string {
  return `${numberWords(count)} ${count === 1 ? one : many}`;
}

const DATE = new Intl.DateTimeFormat('en', { day: 'numeric', month: 'short', year: 'numeric' });
const MONTH_SECONDS = 30 * 86_400;

/** The day of a time (epoch seconds). */
export function dateWords(time: number): string {
  return DATE.format(time * 1_000);
}

/** How long ago a time was (epoch seconds; 0: never), or its day when that is long ago. */
export function sinceWords(time: number, now = Date.now() / 1_000): string {
  if (time === 0) return 'never';
  const seconds = now - time;
  if (seconds < 60) return 'just now';
  return seconds < MONTH_SECONDS ? `${durationWords(seconds)} ago` : dateWords(time);
}
