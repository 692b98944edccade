/** What a piece of code is; the page has a colour for each. */
export const KINDS = ['word', 'string', 'number', 'comment', 'call', 'type'] as const;

/** Pieces of a text in its order, none over another: where each begins, where it ends, and the place of its kind in `KINDS`. */
export type Runs = Uint32Array;

/** Finds the pieces of code; what it cannot do leaves the code plain. */
export interface Colourer {
  /** The pieces of a text that was coloured before. */
  known(language: string, text: string): Runs | undefined;
  /**
   * @param signal takes back the wish
   * @returns undefined if the text stays plain
   */
  colour(language: string, text: string, signal: AbortSignal): Promise<Runs | undefined>;
}

/** Asks the worker for the pieces of a text. */
export interface ColourRequest {
  id: number;
  language: string;
  text: string;
}

/** From the worker: its grammars are there, or the pieces of a text. */
export type ColourReply = { kind: 'ready' } | { kind: 'coloured'; id: number; runs: Runs | undefined };
