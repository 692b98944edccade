/** One event of a reader. Times are epoch milliseconds. `offset` counts UTF-16 units before `text`. */
export type ReaderEvent =
  | { at: number; kind: 'delta'; generation: number; offset: number; text: string; epoch?: number }
  | { at: number; kind: 'reset'; generation: number; text: string; epoch?: number }
  /** `text`: the whole text as the end told it, where the reader held one to compare; a reader must have had it by then. */
  | { at: number; kind: 'end'; state: string; text?: string }
  /** The client reconnected. A socket has no cursor, so the next events start with the whole text or continue at the old position. */
  | { at: number; kind: 'reconnect' };
