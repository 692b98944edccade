import type { HashedText } from './batches';

/** The texts of one call: those that it embeds itself, and those that another call of this process is embedding. */
export interface TextClaim {
  mine: HashedText[];
  elsewhere: HashedText[];
  /** Settles when the calls with `elsewhere` have ended in any way. */
  over: Promise<unknown>;
  /** Call it when `mine` are stored or given up. */
  release: () => void;
}

/** Texts that this process is embedding: two files with the same text that are ingested at once request it once. */
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
