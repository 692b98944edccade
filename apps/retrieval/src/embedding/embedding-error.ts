import type { ProviderError } from '@perennial/model-provider';

/**
 * Who can mend it. `embedder`: it is away, busy or slow, waiting helps. `setup`: an administrator has to act (key, model,
 * address, quota, another dimension than the index has). `text`: one text is refused, though the embedder answers others.
 */
export type EmbeddingFault = 'embedder' | 'setup' | 'text';

export interface EmbeddingErrorDetails {
  /** Seconds after which trying again makes sense, where the embedder says so. */
  retryAfter?: number;
  /** Whether the texts may be the reason: they are not when the key is refused or requests are limited. */
  mayBeText?: boolean;
  /** Whether the embedder refused the request itself, which it would do again. */
  refusal?: boolean;
  /** Whether the embedder says that a text, or the request, is too long. */
  tooLong?: boolean;
  /** With the fault `text`: the hash of the text that is refused. */
  hash?: string;
}

/** A pause that an embedder asks for is cut to this many seconds: whoever holds the embedder must not be able to stop all ingestion. */
const MAX_RETRY_AFTER_S = 60;
/** An embedder that went away is asked again after this. */
const WAIT_S = 2;
/** An administrator has to act: nothing is gained by asking often. */
const SETUP_WAIT_S = 15;
/** What servers say about a text that is longer than their model takes; some say it with a 500. */
const TOO_LONG =
  /context (length|size|window)|maximum (context|input|sequence)|max_seq|too (long|large|big|many tokens)|(less|fewer|more|greater|longer) than \d+ tokens|token limit|exceed\w* .*(length|tokens?|context|size)/i;

/** Texts that could not be embedded. `message` is fit to be shown to people: it holds no text of a document and no key. */
export class EmbeddingError extends Error {
  override readonly name = 'EmbeddingError';
  readonly retryAfter?: number;
  readonly mayBeText: boolean;
  readonly refusal: boolean;
  readonly tooLong: boolean;
  readonly hash?: string;

  constructor(
    readonly fault: EmbeddingFault,
    message: string,
    { retryAfter, mayBeText = false, refusal = false, tooLong = false, hash }: EmbeddingErrorDetails = {},
    options?: ErrorOptions,
  ) {
    super(message, options);
    this.retryAfter = retryAfter === undefined ? undefined : Math.min(retryAfter, MAX_RETRY_AFTER_S);
    this.mayBeText = mayBeText;
    this.refusal = refusal;
    this.tooLong = tooLong;
    this.hash = hash;
  }

  /** Until a known good text has been asked for as well, nobody knows whether the texts are to blame. @param error not one of `CANCELLED` */
  static from(error: ProviderError): EmbeddingError {
    const { code, status, message, retryAfter } = error;
    const refusal = code === 'INVALID_ARGUMENT' && status !== undefined;
    const mayBeText = refusal || DOUBTFUL.has(code);
    const tooLong = mayBeText && (status === 413 || (status !== undefined && TOO_LONG.test(message)));
    const details = { retryAfter, mayBeText, refusal, tooLong };
    return new EmbeddingError(WAITING_HELPS.has(code) ? 'embedder' : 'setup', `The embedder: ${message}`, details, {
      cause: error,
    });
  }

  /** Seconds after which the embedder may be asked again; undefined with the fault `text`: only the text can wait. */
  get waitS(): number | undefined {
    switch (this.fault) {
      case 'embedder':
        return this.retryAfter ?? WAIT_S;
      case 'setup':
        return SETUP_WAIT_S;
      case 'text':
        return undefined;
    }
  }

  /** The same, where the texts are not to blame: a known good one fails too. */
  ofAll(): EmbeddingError {
    return new EmbeddingError(this.fault, this.message, { retryAfter: this.retryAfter }, { cause: this });
  }

  /** The same of one text, which alone is to blame: others are embedded. */
  ofText(hash: string): EmbeddingError {
    return new EmbeddingError('text', this.message, { refusal: this.refusal, hash }, { cause: this });
  }

  /** The same, saying where in its file the text stands. */
  at({ ordinal, page }: { ordinal: number; page?: number | null }): EmbeddingError {
    const place = page ? `Chunk ${ordinal + 1} of the text (page ${page})` : `Chunk ${ordinal + 1} of the text`;
    const { fault, refusal, hash } = this;
    return new EmbeddingError(
      fault,
      `${place} cannot be embedded. ${this.message}`,
      { refusal, hash },
      { cause: this },
    );
  }
}

const WAITING_HELPS = new Set<ProviderError['code']>([
  'UNAVAILABLE',
  'RATE_LIMITED',
  'TIMEOUT',
  'INTERRUPTED',
  'CANCELLED',
]);
/** A text can bring a server to answer with 500, to hang, to break down, or to give a vector that is none. */
const DOUBTFUL = new Set<ProviderError['code']>(['UNAVAILABLE', 'TIMEOUT', 'INTERRUPTED', 'PROTOCOL']);
