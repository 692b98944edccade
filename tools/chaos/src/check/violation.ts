/** The invariants, as they are printed. */
export const INVARIANTS = [
  'accepted is answered',
  'read is stored',
  'one gapless sequence and one end',
  'nothing happens twice',
  'settings never go back',
  'settings are everywhere within a second',
  'a revoked session is refused within a second',
  'requests fail in outages only',
  'outages are short and mostly survived',
  'a take-over takes at most 5 s',
  'people get what they were promised',
] as const;

export interface Violation {
  invariant: (typeof INVARIANTS)[number];
  /** `lost`: a promised effect is missing. `duplicated`: an effect happened twice. `late`: it came too late. */
  kind: 'lost' | 'duplicated' | 'late';
  what: string;
  turn?: number;
  /** When it happened (epoch milliseconds). */
  from: number;
  to: number;
}
