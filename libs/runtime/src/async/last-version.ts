export interface LastVersionOptions {
  /** Reads the latest version from the source itself, not from a copy; cheap. */
  ask(): Promise<number>;
  /**
   * Milliseconds for which a version that was read counts as current. Default: for ever, which needs a regular call of `now`.
   */
  believedMs?: number;
}

/** A moment before a read of the source: what was known when the read began. */
export interface ReadStart {
  /** Milliseconds since 1970. */
  readonly at: number;
  readonly era: number;
  readonly doubts: number;
}

/**
 * The latest version of data of another service or the database, as far as this process knows. It decreases only when the source itself
 * states a lower version than it had before the question: its database was restored to an older state, and a new era begins.
 */
export class LastVersion {
  private known = -Infinity;
  private toldAt = -Infinity;
  private doubts = 0;
  private eras = 0;
  private asking: Promise<void> | undefined;

  constructor(private readonly options: LastVersionOptions) {}

  get value(): number {
    return this.known;
  }

  /** Rises when the source went back. Values of different eras cannot be compared by their versions. */
  get era(): number {
    return this.eras;
  }

  /** To be called before a read of the source whose result is reported by `saw`. */
  start(): ReadStart {
    return { at: performance.now(), era: this.eras, doubts: this.doubts };
  }

  /**
   * Records that a value of this version was read.
   *
   * @param start when the read began; without it, the version may be outdated by now
   */
  saw(version: number, start?: ReadStart): void {
    if (version < this.known || (start && start.era !== this.eras)) return;
    this.known = version;
    // The source may have changed since the read began.
    if (start?.doubts === this.doubts) this.toldAt = Math.max(this.toldAt, start.at);
  }

  /** A notice said that there is a later version: the next `confirm` reads it. Reads in progress may not see it yet. */
  doubt(): void {
    this.doubts += 1;
    this.toldAt = -Infinity;
    this.asking = undefined;
  }

  /**
   * Reads the version if the last reading is too old, one request at a time.
   *
   * @throws when the source cannot be reached
   */
  async confirm(): Promise<void> {
    const { believedMs = Infinity } = this.options;
    if (performance.now() - this.toldAt < believedMs) return;
    if (!this.asking) {
      const asking = this.now().finally(() => {
        if (this.asking === asking) this.asking = undefined;
      });
      this.asking = asking;
    }
    await this.asking;
  }

  /**
   * Reads the version in any case. Never shared: a request in progress may have been answered before the change that the caller knows of.
   */
  async now(): Promise<void> {
    const start = this.start();
    const before = this.known;
    const version = await this.options.ask();
    // The source had the higher version before it was asked, so this is no late reply.
    if (version < before && start.era === this.eras) {
      this.eras += 1;
      this.known = version;
    }
    this.saw(version, { ...start, era: this.eras });
  }
}
