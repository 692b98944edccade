/** Finds stop sequences in a text that comes in pieces: holds back text that may be the beginning of one. */
export class StopFilter {
  private held = '';
  /** A stop sequence was found; the rest is dropped. */
  stopped = false;

  constructor(private readonly stops: readonly string[]) {}

  /** @returns text that can be shown now */
  push(piece: string): string {
    if (this.stopped) return '';
    if (this.stops.length === 0) return piece;
    const text = this.held + piece;
    let cut = -1;
    for (const stop of this.stops) {
      const at = text.indexOf(stop);
      if (at !== -1 && (cut === -1 || at < cut)) cut = at;
    }
    if (cut !== -1) {
      this.stopped = true;
      this.held = '';
      return text.slice(0, cut);
    }
    const keep = Math.max(0, ...this.stops.map((stop) => overlap(text, stop)));
    this.held = text.slice(text.length - keep);
    return text.slice(0, text.length - keep);
  }

  /** @returns the held text, at the end of the answer */
  rest(): string {
    const { held } = this;
    this.held = '';
    return held;
  }
}

/** The length of the longest suffix of `text` that is a prefix of `stop`. */
function overlap(text: string, stop: string): number {
  for (let length = Math.min(text.length, stop.length - 1); length > 0; length--) {
    if (text.endsWith(stop.slice(0, length))) return length;
  }
  return 0;
}
