import { refuse } from './messages';

/**
 * More than any writer makes, also one who forgets to close elements; and little enough for parsers that look through all open elements
 * at each new one.
 */
export const MAX_DEPTH = 4_000;

/** Counts elements within elements, in every format that is a tree. */
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
