import { ThoughtSplitter } from '@perennial/contracts-kernel';

/** Content of a piece of a run's text: `answer`, `thought`, or `both` at a boundary. */
export type PieceKind = 'answer' | 'thought' | 'both';

/** Follows a run's text, to classify its pieces. */
export class ThoughtWatch {
  /** The text so far has a thought. */
  hasThoughts = false;
  private sawAnswer = false;
  private sawThought = false;
  private readonly splitter = new ThoughtSplitter({
    text: () => void (this.sawAnswer = true),
    thought: () => void (this.sawThought = true),
    unopened: () => void (this.sawThought = true),
  });

  /** @param text before the first piece that is classified */
  constructor(text: string) {
    this.splitter.feed(text);
    this.hasThoughts = this.sawThought || this.splitter.isThinking;
  }

  next(piece: string): PieceKind {
    const before = this.splitter.isThinking;
    this.sawAnswer = this.sawThought = false;
    this.splitter.feed(piece);
    const after = this.splitter.isThinking;
    this.hasThoughts ||= this.sawThought || after;
    if (before !== after || (after ? this.sawAnswer : this.sawThought)) return 'both';
    return after ? 'thought' : 'answer';
  }
}
