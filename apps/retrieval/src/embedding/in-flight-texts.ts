import type { HashedText } from './batches';

/** Of the texts that one call needs: those that are its own to see to, and those that another call of this process has. */
export interface TextClaim {
  mine: HashedText[];
  elsewhere: HashedText[];
  /** Settles when the calls that have `elsewhere` are over, however they ended. */
  over: Promise<unknown>;
  /** To be called when `mine` are kept or given up. */
  release: () => void;
}

/** Texts that are being embedded by this process: two files with the same text that are worked on at once ask for it once. */
export class InFlightTexts {
  private readonly held = new Map<string, Promise<void>>();

  claim(model: string, texts: readonly HashedText[]): TextClaim {
    const keyOf = ({ hash }: HashedText): string => `${model} ${hash}`;
    const mine = texts.filter((text) => !this.held.has(keyOf(text)));
    const elsewhere = texts.filter((text) => this.held.has(keyOf(text)));
    const over = Promise.all(new Set(elsewhere.map((text) => this.held.get(keyOf(text)))));
    let settle!: () => void;
    const held = new Promise<void>((resolve) => (settle = resolve));
    for (const text of mine) this.held.set(keyOf(text), held);
    const release = (): void => {
      for (const text of mine) this.held.delete(keyOf(text));
      settle();
    };
    return { mine, elsewhere, over, release };
  }
}
