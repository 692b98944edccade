import { Worker } from 'node:worker_threads';
import type { ExtractionLimits } from '../extraction';
import { recognitionSetup } from './languages';
import type { FromRecognition, RecognitionSetup } from './protocol';

/** Which text is recognised in pictures. */
export interface RecognitionOptions {
  /** Tesseract's names. None: no text is recognised. */
  languages: readonly string[];
  /** A directory with further languages. */
  dir?: string;
}

/** Pictures in a row that may fail: then it is the recogniser that fails. */
const MOST_FAILURES = 3;

/** The built thread beside this program. */
const ENTRY = new URL('recogniser.js', import.meta.url);

/** Blanks that the recogniser puts between Chinese and Japanese characters. */
const BETWEEN =
  /(?<=[\p{Script=Han}\p{Script=Hiragana}\p{Script=Katakana}，。、：；]) +(?=[\p{Script=Han}\p{Script=Hiragana}\p{Script=Katakana}，。、：；])/gu;

/**
 * Recognises text in the pictures of one document, one after the other, in a thread. The number of pictures, the time of each and the time of
 * all are limited; what is beyond is left out, and `omitted` says so.
 */
export class Recogniser {
  /** Why pictures were left out, for the document's reader. */
  omitted: string | undefined;
  private readonly setup: RecognitionSetup | undefined;
  private thread: Worker | undefined;
  private pictures = 0;
  private failures = 0;
  private spentMs = 0;

  /** @param working is told when it works and when it waits: this time is not charged to the document's reader */
  constructor(
    options: RecognitionOptions,
    private readonly limits: ExtractionLimits,
    private readonly working: (busy: boolean) => void,
  ) {
    this.setup = recognitionSetup(options.languages, options.dir);
  }

  /** There is a language to recognise. */
  get available(): boolean {
    return this.setup !== undefined;
  }

  /**
   * The text in a picture (PGM, PNG, JPEG or WebP); empty if there is none, or if a limit was reached.
   *
   * @param make the picture, if there is one: not called beyond a limit, and its time counts like the recogniser's
   */
  async text(make: () => Promise<Uint8Array | undefined>): Promise<string> {
    const { maxRecognisedPages, recognitionMs } = this.limits;
    if (!this.setup || this.failures >= MOST_FAILURES) return '';
    if (this.pictures >= maxRecognisedPages) return this.omit(`more than ${maxRecognisedPages} are not recognised`);
    if (this.spentMs >= recognitionMs)
      return this.omit(`recognising them took longer than ${Math.round(recognitionMs / 1000)} seconds`);
    const begun = performance.now();
    this.working(true);
    try {
      const picture = await make();
      if (!picture) return '';
      this.pictures += 1;
      const text = await this.ask(this.setup, picture);
      this.failures = text === undefined ? this.failures + 1 : 0;
      return text === undefined
        ? this.omit('the text of some could not be recognised, or not in time')
        : text.replace(BETWEEN, '');
    } finally {
      this.working(false);
      this.spentMs += performance.now() - begun;
    }
  }

  async close(): Promise<void> {
    await this.thread?.terminate();
    this.thread = undefined;
  }

  private omit(why: string): string {
    this.omitted ??= why;
    return '';
  }

  /** Undefined if it failed or took too long; then the next picture has a new thread. */
  private async ask(setup: RecognitionSetup, picture: Uint8Array): Promise<string | undefined> {
    const fresh = this.thread === undefined;
    const thread = (this.thread ??= started(setup));
    const reply = await new Promise<FromRecognition | undefined>((resolve) => {
      const end = (message?: FromRecognition): void => {
        clearTimeout(timer);
        thread.off('message', onMessage).off('error', onEnd).off('exit', onEnd);
        resolve(message);
      };
      const onEnd = (): void => end();
      const onMessage = (message: FromRecognition): void => {
        if (message.kind === 'ready') thread.postMessage({ picture });
        else end(message);
      };
      const timer = setTimeout(onEnd, this.limits.recognisedPageMs);
      thread.on('message', onMessage).on('error', onEnd).on('exit', onEnd);
      if (!fresh) thread.postMessage({ picture });
    });
    if (reply?.kind === 'text') return reply.text;
    await this.close();
    return undefined;
  }
}

function started(setup: RecognitionSetup): Worker {
  const thread = new Worker(ENTRY, { workerData: setup, env: {}, stdout: true, stderr: true });
  // Between two pictures nobody listens, and an error without a listener would end this process.
  return thread.on('error', () => undefined);
}
