/** The observed limits of an embedder. */
export interface TextLimits {
  /** Texts in one request. */
  texts: number;
  /**
   * Bytes (UTF-8) of one text, which correlate with tokens better than characters do; larger ones are sent in pieces.
   */
  textBytes: number;
}

/**
 * After this time larger requests are tried again: the limit may have been raised, or the address has another server.
 */
const FORGOTTEN_AFTER_MS = 3_600_000;
/** More embedders than any installation has; it only bounds an admin's trials of addresses. */
const MAX_EMBEDDERS = 256;

/** The limits that this process has run into, by connection and model. Unknown ones are `Infinity`. */
export class LearnedLimits {
  private readonly learned = new Map<string, TextLimits & { until: number }>();

  /** @param embedder identifies the connection with its model */
  of(embedder: string): TextLimits {
    const known = this.learned.get(embedder);
    if (known && known.until > performance.now()) return known;
    return { texts: Infinity, textBytes: Infinity };
  }

  /** A limit only falls until it is forgotten. */
  learn(embedder: string, seen: Partial<TextLimits>): void {
    const { texts, textBytes } = this.of(embedder);
    if (this.learned.size >= MAX_EMBEDDERS) this.learned.clear();
    this.learned.set(embedder, {
      texts: Math.min(texts, seen.texts ?? Infinity),
      textBytes: Math.min(textBytes, seen.textBytes ?? Infinity),
      until: performance.now() + FORGOTTEN_AFTER_MS,
    });
  }
}
