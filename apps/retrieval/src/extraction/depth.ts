import { refuse } from './messages';

/**
 * More than any program writes, even one that forgets to close elements; and few enough for parsers that scan all open elements at each new
 * one.
 */
export const MAX_DEPTH = 4_000;

/** Counts nested elements, in every tree format. */
export class Depth {
  private open = 0;

  /** @throws ExtractionError `too-deep` */
  enter(): void {
    this.open += 1;
    if (this.open > MAX_DEPTH) throw refuse.tooDeep(MAX_DEPTH);
  }

  leave(): void {
    this.open -= 1;
  }
}
