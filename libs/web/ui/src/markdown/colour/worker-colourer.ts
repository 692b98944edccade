import type { Colourer, ColourReply, ColourRequest, Runs } from './colours';

/** The grammars may come over a slow line. */
const LOAD_MS = 30_000;
/** The longest text takes a twentieth of it here; a busy phone has the rest. */
const COLOUR_MS = 5_000;
/** A worker that is not used gives its memory back. */
const IDLE_MS = 60_000;
/** After so many ends in a row nothing is asked any more: where workers do not work, code is plain. */
const MOST_ENDS = 3;
/** Of the texts whose pieces are kept, for code that comes into view again; in UTF-16 units. */
const MOST_KEPT = 1_000_000;

/** What is used of a worker. */
export type ColourWorker = Pick<Worker, 'terminate' | 'onmessage' | 'onerror'> & {
  postMessage(request: ColourRequest): void;
};

interface Job {
  language: string;
  text: string;
  done: (runs: Runs | undefined) => void;
  signal: AbortSignal;
}

/** Finds the pieces of code in one worker, which comes with the first wish. One that hangs, dies or does not come is ended, and its text stays plain. */
export class WorkerColourer implements Colourer {
  private readonly kept = new Map<string, Runs>();
  private keptLength = 0;
  private readonly jobs: Job[] = [];
  private current: Job | undefined;
  private worker: ColourWorker | undefined;
  private isReady = false;
  private number = 0;
  /** In a row. */
  private ends = 0;
  private limit: ReturnType<typeof setTimeout> | undefined;

  constructor(private readonly start: () => ColourWorker) {}

  known(language: string, text: string): Runs | undefined {
    const key = keyOf(language, text);
    const runs = this.kept.get(key);
    if (runs === undefined) return undefined;
    // What was wanted last is kept longest.
    this.kept.delete(key);
    this.kept.set(key, runs);
    return runs;
  }

  colour(language: string, text: string, signal: AbortSignal): Promise<Runs | undefined> {
    const known = this.known(language, text);
    if (known || this.ends >= MOST_ENDS) return Promise.resolve(known);
    return new Promise((done) => {
      this.jobs.push({ language, text, done, signal });
      this.next();
    });
  }

  private next(): void {
    if (this.current) return;
    for (this.current = this.jobs.shift(); this.current?.signal.aborted; this.current = this.jobs.shift())
      this.current.done(undefined);
    clearTimeout(this.limit);
    if (!this.current) {
      this.limit = setTimeout(() => this.close(), IDLE_MS);
    } else if (this.ends >= MOST_ENDS) {
      this.finish(undefined);
    } else if (!this.worker) {
      this.open();
    } else {
      this.ask(this.current);
    }
  }

  private ask({ language, text }: Job): void {
    if (!this.isReady) return;
    this.number += 1;
    this.worker?.postMessage({ id: this.number, language, text });
    this.limit = setTimeout(this.end, COLOUR_MS);
  }

  private finish(runs: Runs | undefined): void {
    const job = this.current;
    this.current = undefined;
    if (job && runs) this.keep(keyOf(job.language, job.text), runs);
    job?.done(runs);
    this.next();
  }

  private keep(key: string, runs: Runs): void {
    this.kept.set(key, runs);
    this.keptLength += key.length;
    for (const oldest of this.kept.keys()) {
      if (this.keptLength <= MOST_KEPT) break;
      this.kept.delete(oldest);
      this.keptLength -= oldest.length;
    }
  }

  private open(): void {
    let worker: ColourWorker;
    try {
      worker = this.start();
    } catch {
      return this.end();
    }
    this.worker = worker;
    // One that was ended may have said something before.
    worker.onmessage = ({ data }: MessageEvent<ColourReply>) => worker === this.worker && this.hear(data);
    worker.onerror = () => worker === this.worker && this.end();
    this.limit = setTimeout(this.end, LOAD_MS);
  }

  private hear(reply: ColourReply): void {
    if (reply.kind === 'ready') {
      this.isReady = true;
      clearTimeout(this.limit);
      if (this.current) this.ask(this.current);
    } else if (reply.id === this.number && this.current) {
      this.ends = 0;
      this.finish(reply.runs);
    }
  }

  /** Only the worker is ended; what waits gets another one. */
  private readonly end = (): void => {
    this.ends += 1;
    this.close();
    this.finish(undefined);
  };

  private close(): void {
    clearTimeout(this.limit);
    this.worker?.terminate();
    this.worker = undefined;
    this.isReady = false;
  }
}

function keyOf(language: string, text: string): string {
  return `${language}\n${text}`;
}

/** That of the page. */
export const COLOURER: Colourer = new WorkerColourer(
  () => new Worker(new URL('./worker.ts', import.meta.url), { type: 'module', name: 'code colours' }),
);
