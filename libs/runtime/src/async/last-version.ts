export interface LastVersionOptions {
  /** Asks which version is the last one; cheap. */
  ask(): Promise<number>;
  /** Milliseconds for which an answer stands; for ever unless given, where somebody asks by `now` from time to time. */
  believedMs?: number;
}

/** The version of what another service or the database has, as far as this process was told. It never falls. */
export class LastVersion {
  private known = -Infinity;
  private toldAt = -Infinity;
  private asking: Promise<void> | undefined;

  constructor(private readonly options: LastVersionOptions) {}

  get value(): number {
    return this.known;
  }

  /** Somebody has seen this version. */
  saw(version: number): void {
    if (version < this.known) return;
    this.known = version;
    this.toldAt = Date.now();
  }

  /** A later version is said to exist: the next `confirm` asks. */
  doubt(): void {
    this.toldAt = -Infinity;
  }

  /** Asks where that was not told lately, one question at a time. @throws when it cannot be asked */
  async confirm(): Promise<void> {
    const { ask, believedMs = Infinity } = this.options;
    if (Date.now() - this.toldAt < believedMs) return;
    this.asking ??= ask()
      .then((version) => this.saw(version))
      .finally(() => (this.asking = undefined));
    await this.asking;
  }

  /** Asks, whatever is known. Never shared: a question that is under way may have been answered before the change of whoever asks now. */
  async now(): Promise<void> {
    this.saw(await this.options.ask());
  }
}
