/** Trims white space that a provider repeats at the beginning of a continued text. */
export class OverlapTrimmer {
  private expected: string;

  /** @param cut the white space that may be repeated; empty if none was cut */
  constructor(cut: string) {
    this.expected = cut;
  }

  /** The piece without the repetition. */
  join(piece: string): string {
    if (this.expected === '') return piece;
    let same = 0;
    while (same < piece.length && same < this.expected.length && piece[same] === this.expected[same]) same++;
    this.expected = same === piece.length ? this.expected.slice(same) : '';
    return piece.slice(same);
  }
}
