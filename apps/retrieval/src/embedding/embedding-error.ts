import type { ProviderError } from '@perennial/model-provider';

/**
 * Cause of a failure. `embedder`: it is away, busy or slow, waiting helps. `setup`: an administrator has to correct it (key, model, address,
 * quota, another dimension than the index has). `text`: one text is refused, though others are embedded.
 */
export type EmbeddingFault = 'embedder' | 'setup' | 'text';

export interface EmbeddingErrorDetails {
  /** Seconds after which a retry makes sense, if the embedder says so. */
  retryAfter?: number;
  /** Whether the texts may be the reason, unlike for a refused key or a rate limit. */
  mayBeText?: boolean;
  /** Whether the embedder refused the request itself, so that a retry is useless. */
  refusal?: boolean;
  /** Whether the embedder says that a text, or the request, is too long. */
  tooLong?: boolean;
  /** With the fault `text`: the hash of the text that is refused. */
  hash?: string;
}

/** An embedder's requested pause is cut to this many seconds: an embedder must not be able to stop all ingestion. */
const MAX_RETRY_AFTER_S = 60;
/** Pause after an embedder became unavailable. */
const WAIT_S = 2;
/** An administrator has to correct it, so frequent retries are useless. */
const SETUP_WAIT_S = 15;
/** Servers' messages for a text that is longer than their model accepts; some send them with a 500. */
const TOO_LONG =
  /context (length|size|window)|maximum (context|input|sequence)|max_seq|too (long|large|big|many tokens)|(less|fewer|more|greater|longer) than \d+ tokens|token limit|exceed\w* .*(length|tokens?|context|size)/i;

/** Texts that could not be embedded. `message` may be shown to users: it has no text of a document and no key. */
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

  /**
   * Until a known good text was tried as well, it is unknown whether the texts are the reason.
   *
   * @param error not one of `CANCELLED`
   */
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

  /** Seconds before the next request to the embedder; undefined with the fault `text`: only that text waits. */
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

  /** The same error, with the embedder at fault: a known good text fails too. */
  ofAll(): EmbeddingError {
    return new EmbeddingError(this.fault, this.message, { retryAfter: this.retryAfter }, { cause: this });
  }

  /** The same error, with one text at fault: others are embedded. */
  ofText(hash: string): EmbeddingError {
    return new EmbeddingError('text', this.message, { refusal: this.refusal, hash }, { cause: this });
  }

  /** The same error with the position of the text in its file. */
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
/** A text can make a server answer 500, hang, crash, or return an invalid vector. */
const DOUBTFUL = new Set<ProviderError['code']>(['UNAVAILABLE', 'TIMEOUT', 'INTERRUPTED', 'PROTOCOL']);
