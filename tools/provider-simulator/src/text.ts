import { createHash } from 'node:crypto';

/** Stamps and deterministic tokens count modulo this: four base-36 digits. */
const WRAP = 36 ** 4;

/** Characters of a stamp token. */
export const STAMP_LENGTH = 5;
/** Characters of a deterministic token. */
export const TOKEN_LENGTH = 6;

/** A token with its send time: a space and four base-36 digits of the millisecond clock. */
export function stamp(now = Date.now()): string {
  return ` ${(now % WRAP).toString(36).padStart(4, '0')}`;
}

/** Milliseconds since a stamp was written, at most 28 minutes back. */
export function stampAge(token: string, now = Date.now()): number {
  return (((now - parseInt(token.trim(), 36)) % WRAP) + WRAP) % WRAP;
}

/** The start of a prompt's sequence. */
export function seedOf(model: string, prompt: string): number {
  return createHash('sha256').update(model).update('\0').update(prompt).digest().readUInt32BE(0) % WRAP;
}

/**
 * Token `position` (from 0) of a deterministic answer; neighbours differ by one, so that a gap is visible without the seed.
 */
export function tokenAt(seed: number, position: number): string {
  return ` w${((seed + position) % WRAP).toString(36).padStart(4, '0')}`;
}

/** The first `tokens` tokens of a `-x` model's answer to a prompt (the text of the last user message). */
export function expectedText(model: string, prompt: string, tokens: number): string {
  const seed = seedOf(model, prompt);
  let text = '';
  for (let position = 0; position < tokens; position++) text += tokenAt(seed, position);
  return text;
}

/** The key of a prompt in the statistics. */
export function promptDigest(prompt: string): string {
  return createHash('sha256').update(prompt).digest('hex');
}
