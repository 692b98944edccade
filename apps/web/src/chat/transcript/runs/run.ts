import { ThoughtSplitter } from '@perennial/contracts-gateway';
import type { RunEnd } from '@perennial/contracts-wire';
import { MarkdownDocument } from '@perennial/web-ui/markdown';
import { Store } from '../../../state/store';

/** What of a run changes seldom: a component that shows it does not render with each word. */
export interface RunState {
  /** Its stream has brought text. */
  begun: boolean;
  hasThoughts: boolean;
  hasAnswer: boolean;
  /** The stream is connected; false while it is being reopened. */
  connected: boolean;
  end?: RunEnd;
}

const WAITING: RunState = { begun: false, hasThoughts: false, hasAnswer: false, connected: true };

/** The state of a message without a run. */
export const NO_RUN = new Store<RunState>(WAITING);

/** An answer that is being written: its text as it comes, split into thoughts and the answer. Nothing is lexed or shown before `flush`. */
export class Run {
  readonly answer = new MarkdownDocument();
  readonly thoughts = new MarkdownDocument();
  readonly state = new Store<RunState>(WAITING);
  /** As the stream has it, with the tags of thoughts. */
  private text = '';
  /** How far the stream has come in it; below its length after the stream was set back. */
  private reached = 0;
  private next: RunState = WAITING;
  private splitter = this.newSplitter();
  private apart = false;

  /**
   * Text from a place on; what was there is replaced. A take-over sets a reader back to what was stored, and goes on from there: words that were
   * shown stay until the stream says something else there, or has ended before them.
   */
  write(offset: number, text: string): void {
    this.change({ begun: true });
    this.reached = offset + text.length;
    const isShown = this.reached > 0 && this.reached < this.text.length && this.text.startsWith(text, offset);
    if (isShown) return;
    const shownFromThere = this.text.slice(offset);
    if (text.startsWith(shownFromThere)) this.append(text.slice(shownFromThere.length));
    else this.replace(this.text.slice(0, offset) + text);
  }

  end(end: RunEnd): void {
    if (this.reached < this.text.length) this.replace(this.text.slice(0, this.reached));
    this.splitter.end();
    this.change({ end });
  }

  connected(connected: boolean): void {
    this.change({ connected });
  }

  /** Shows what has come. */
  flush(): void {
    if (this.next.end) {
      this.answer.end();
      this.thoughts.end();
    } else {
      this.answer.update();
      this.thoughts.update();
    }
    this.state.set(this.next);
  }

  private append(text: string): void {
    this.text += text;
    this.splitter.feed(text);
  }

  private replace(text: string): void {
    this.text = '';
    this.splitter = this.newSplitter();
    this.apart = false;
    this.answer.replace('');
    this.thoughts.replace('');
    this.change({ hasThoughts: false, hasAnswer: false });
    this.append(text);
  }

  private newSplitter(): ThoughtSplitter {
    return new ThoughtSplitter({
      text: (piece) => {
        this.apart = true;
        this.answer.append(piece);
        this.change({ hasAnswer: true });
      },
      thought: (piece) => this.think(piece),
      // Its opening was part of the prompt: what looked like the answer was a thought.
      unopened: () => {
        const { text } = this.answer;
        this.answer.replace('');
        this.apart = false;
        this.think(text);
        this.apart = true;
        this.change({ hasAnswer: false });
      },
    });
  }

  private think(piece: string): void {
    if (this.apart && this.next.hasThoughts) this.thoughts.append('\n\n');
    this.apart = false;
    this.thoughts.append(piece);
    if (piece.trim() !== '') this.change({ hasThoughts: true });
  }

  private change(part: Partial<RunState>): void {
    const changes = (Object.keys(part) as (keyof RunState)[]).some((key) => part[key] !== this.next[key]);
    if (changes) this.next = { ...this.next, ...part };
  }
}
