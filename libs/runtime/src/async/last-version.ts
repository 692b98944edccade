export interface LastVersionOptions {
  /** Reads the latest version from the source; cheap. */
  ask(): Promise<number>;
  /**
   * Milliseconds for which a version read by `confirm` counts as current. Default: for ever, which needs a regular call of `now`.
   */
  believedMs?: number;
}

/** The latest version of data of another service or the database, as far as this process knows. It never decreases. */
export class LastVersion {
  private known = -Infinity;
  private toldAt = -Infinity;
  private asking: Promise<void> | undefined;

  constructor(private readonly options: LastVersionOptions) {}

  get value(): number {
    return this.known;
  }

  /** Records that a value of this version was read. */
  saw(version: number): void {
    if (version < this.known) return;
    this.known = version;
    this.toldAt = Date.now();
  }

  /** A notice said that there is a later version: the next `confirm` reads it. */
  doubt(): void {
    this.toldAt = -Infinity;
  }

  /**
   * Reads the version if the last reading is too old, one request at a time.
   *
   * @throws when the source cannot be reached
   */
  async confirm(): Promise<void> {
    const { ask, believedMs = Infinity } = this.options;
    if (Date.now() - this.toldAt < believedMs) return;
    this.asking ??= ask()
      .then((version) => this.saw(version))
      .finally(() => (this.asking = undefined));
    await this.asking;
  }

  /**
   * Reads the version in any case. Never shared: a request in progress may have been answered before the change that the caller knows of.
   */
  async now(): Promise<void> {
    this.saw(await this.options.ask());
  }
}
