import { ThoughtSplitter } from '@perennial/contracts-kernel';

/** What a piece of a run's text is: `answer` or `thought` all of it, `both` where one ends and the other begins. */
export type PieceKind = 'answer' | 'thought' | 'both';

/** Follows a run's text, to tell which of its pieces are thoughts. */
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

  /** @param text before the first piece that is asked about */
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
