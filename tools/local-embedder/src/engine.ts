/** The result for one text. */
export interface TextVector {
  /** Mean of the tokens' vectors, of length 1. */
  vector: Float32Array;
  tokens: number;
}

/** A loaded model, for one text at a time. */
export interface Inference {
  /** It is gone: another one is needed. */
  readonly ended: boolean;
  embed(text: string): Promise<TextVector>;
  stop(): void;
}

export interface EngineOptions {
  /** Loads the model; called on first use, and again after it was unloaded or died. */
  load: () => Promise<Inference>;
  /** Texts that may wait, of all requests together; a request that finds the queue empty may be larger. */
  queue: number;
  /** Milliseconds without a text after which the model is unloaded; 0 keeps it. */
  idleMs: number;
}

/** Too many texts are waiting. */
export class Busy extends Error {
  constructor(
    /** Approximate waiting time. */
    readonly retryAfterS: number,
  ) {
    super('The local embedder is busy, try again later');
  }
}

/** The model cannot be loaded. */
export class NotLoaded extends Error {}

interface Job {
  texts: readonly string[];
  done: TextVector[];
  /** The model died on one of its texts, which may not be the text's fault. */
  interrupted?: boolean;
  resolve: (vectors: TextVector[]) => void;
  reject: (error: unknown) => void;
}

/** Assumed time for a text before one was measured. */
const FIRST_TEXT_MS = 50;

/**
 * Embeds texts one after another. Of the waiting requests the one with the fewest texts left is served first, text by text: a query does not
 * wait for documents that came before it.
 */
export class Engine {
  private readonly jobs: Job[] = [];
  private inference?: Inference;
  private running = false;
  private textMs = FIRST_TEXT_MS;
  private idle?: NodeJS.Timeout;

  constructor(private readonly options: EngineOptions) {}

  /** Whether the weights are in memory. */
  get loaded(): boolean {
    return this.inference !== undefined && !this.inference.ended;
  }

  /** @throws Busy, NotLoaded; the signal's reason when it is aborted, which drops the rest of the request */
  embed(texts: readonly string[], signal: AbortSignal): Promise<TextVector[]> {
    signal.throwIfAborted();
    const waiting = this.jobs.reduce((sum, job) => sum + job.texts.length - job.done.length, 0);
    if (waiting > 0 && waiting + texts.length > this.options.queue)
      throw new Busy(Math.max(1, Math.ceil((waiting * this.textMs) / 1000)));
    return new Promise((resolve, reject) => {
      const job: Job = { texts, done: [], resolve, reject };
      this.jobs.push(job);
      signal.addEventListener('abort', () => this.end(job, () => reject(signal.reason as Error)), { once: true });
      if (!this.running) void this.run();
    });
  }

  /** Unloads the model. */
  stop(): void {
    clearTimeout(this.idle);
    this.inference?.stop();
    this.inference = undefined;
  }

  private async run(): Promise<void> {
    this.running = true;
    clearTimeout(this.idle);
    while (this.jobs.length > 0) {
      const inference = await this.ready();
      const job = this.next();
      if (!inference || !job) continue;
      const startedAt = performance.now();
      try {
        job.done.push(await inference.embed(job.texts[job.done.length]!));
      } catch (error) {
        if (inference.ended && !job.interrupted) job.interrupted = true;
        else this.end(job, () => job.reject(error));
        continue;
      }
      this.textMs += (performance.now() - startedAt - this.textMs) / 16;
      if (job.done.length === job.texts.length) this.end(job, () => job.resolve(job.done));
    }
    this.running = false;
    if (this.options.idleMs > 0) this.idle = setTimeout(() => this.stop(), this.options.idleMs).unref();
  }

  /** The loaded model; undefined when it cannot be loaded, which fails all waiting requests. */
  private async ready(): Promise<Inference | undefined> {
    if (this.inference && !this.inference.ended) return this.inference;
    try {
      return (this.inference = await this.options.load());
    } catch (error) {
      const why = error instanceof Error ? error.message : String(error);
      for (const job of [...this.jobs]) {
        this.end(job, () => job.reject(new NotLoaded(`The local embedder cannot load its model: ${why}`)));
      }
      return undefined;
    }
  }

  private next(): Job | undefined {
    const left = (job: Job): number => job.texts.length - job.done.length;
    return this.jobs.reduce<Job | undefined>(
      (fewest, job) => (!fewest || left(job) < left(fewest) ? job : fewest),
      undefined,
    );
  }

  private end(job: Job, settle: () => void): void {
    const at = this.jobs.indexOf(job);
    if (at < 0) return;
    this.jobs.splice(at, 1);
    settle();
  }
}
