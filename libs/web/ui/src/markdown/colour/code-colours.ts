import { chunksOf, runsOfChunks } from './chunks';
import type { Colourer, Runs } from './colours';

/** Code beyond this many UTF-16 units is plain. */
export const MOST_TEXT = 100_000;
/**
 * A block that grows is coloured again when there is a quarter more of it. Grammars cannot go on where they stopped; so all colourings of a block together cost
 * five times that of its end, however long it becomes, and what is new waits a few lines.
 */
const GROWTH = 1.25;

/** The colours of a block of code, which may be growing. Those of its beginning stay while it grows. Outside of React, so that the block can subscribe to it. */
export class CodeColours {
  private text = '';
  private isFinal = false;
  /** Of each chunk. */
  private runs: readonly Runs[] = [];
  /** How much of the text was asked for last, and whether for good. */
  private asked = 0;
  private isAsking = false;
  private hasFailed = false;
  private abort = new AbortController();
  private readonly listeners = new Set<() => void>();

  constructor(
    private readonly colourer: Colourer,
    private readonly language: string,
  ) {}

  /** Shows at once what is known of a text. */
  begin(text: string): this {
    this.text = text;
    const part = text.slice(0, partOf(text, true));
    const known = this.colourer.known(this.language, part);
    if (known) this.runs = runsOfChunks(known, chunksOf(part), []);
    return this;
  }

  /** @param isFinal nothing is added to it any more */
  grow(text: string, isFinal: boolean): void {
    if (!text.startsWith(this.text.slice(0, this.asked))) this.forget();
    this.text = text;
    this.isFinal = isFinal;
    void this.ask();
  }

  /** Nobody looks at it any more. */
  leave(): void {
    this.abort.abort();
    this.abort = new AbortController();
    this.isAsking = false;
    this.asked = 0;
  }

  readonly subscribe = (listener: () => void): (() => void) => {
    this.listeners.add(listener);
    return () => this.listeners.delete(listener);
  };

  /** The pieces of each chunk, as far as they are known. */
  readonly shown = (): readonly Runs[] => this.runs;

  private async ask(): Promise<void> {
    const part = partOf(this.text, this.isFinal);
    const isWanted = this.isFinal ? part !== this.asked : part >= Math.max(1, this.asked * GROWTH);
    if (this.isAsking || this.hasFailed || !isWanted) return;
    this.isAsking = true;
    this.asked = part;
    const { signal } = this.abort;
    const text = this.text.slice(0, part);
    const runs = await this.colourer.colour(this.language, text, signal);
    if (signal.aborted) return;
    this.isAsking = false;
    // Old colours stay; more of a text that hangs a grammar would hang it again.
    if (runs === undefined) this.hasFailed = true;
    else this.show(runsOfChunks(runs, chunksOf(text), this.runs));
    void this.ask();
  }

  private show(runs: readonly Runs[]): void {
    this.runs = runs;
    for (const listener of this.listeners) listener();
  }

  private forget(): void {
    this.leave();
    this.hasFailed = false;
    this.show([]);
  }
}

/** How much of a text is coloured: whole lines, because half a string looks like all that follows it. */
function partOf(text: string, isFinal: boolean): number {
  if (isFinal && text.length <= MOST_TEXT) return text.length;
  return text.lastIndexOf('\n', MOST_TEXT - 1) + 1;
}
