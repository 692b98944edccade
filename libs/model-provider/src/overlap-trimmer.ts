/** White space at the end of a text that is continued: a provider that repeats it at the begin of its own would double it. */
export class OverlapTrimmer {
  /** @param expected what may be repeated; empty when nothing was held back */
  constructor(private expected: string) {}

  /** The piece without what it repeats. */
  join(piece: string): string {
    if (this.expected === '') return piece;
    let same = 0;
    while (same < piece.length && same < this.expected.length && piece[same] === this.expected[same]) same++;
    this.expected = same === piece.length ? this.expected.slice(same) : '';
    return piece.slice(same);
  }
}
