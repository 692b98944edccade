/**
 * - `refused`: the address may not be read, whoever asks;
 * - `away`: its server does not answer, or answers with an error of its own; a later try may succeed;
 * - `busy`: its server asks for time;
 * - `gone`: its server says that there is no such page;
 * - `denied`: its server does not give it out to us;
 * - `too-large`, `unsupported`: it is no document that can be kept.
 */
export type WebFailure = 'refused' | 'away' | 'busy' | 'gone' | 'denied' | 'too-large' | 'unsupported';

/** In words for people. */
export const tooLarge = (maxBytes: number): string => `It is larger than ${Math.floor(maxBytes / 1_000)} kB.`;

/** Why a web page could not be read, for the person who asked for it. */
export class WebError extends Error {
  override readonly name = 'WebError';

  constructor(
    readonly failure: WebFailure,
    message: string,
    readonly details: { afterS?: number } & ErrorOptions = {},
  ) {
    super(message, details);
  }
}
