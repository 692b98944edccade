import type { ProviderError } from '@perennial/model-provider';

/**
 * Who can mend it. `embedder`: it is away, busy or slow, waiting helps. `setup`: an administrator has to act (key, model,
 * address, quota, another dimension than the index has). `text`: the texts themselves were refused.
 */
export type EmbeddingFault = 'embedder' | 'setup' | 'text';

/** Texts that could not be embedded. `message` is fit to be shown to people: it holds no text of a document and no key. */
export class EmbeddingError extends Error {
  override readonly name = 'EmbeddingError';

  constructor(
    readonly fault: EmbeddingFault,
    message: string,
    /** Seconds after which trying again makes sense, where the embedder says so. */
    readonly retryAfter?: number,
    options?: ErrorOptions,
  ) {
    super(message, options);
  }

  /** @param error not one of `CANCELLED` */
  static from(error: ProviderError): EmbeddingError {
    return new EmbeddingError(faultOf(error), `The embedder: ${error.message}`, error.retryAfter, { cause: error });
  }
}

function faultOf({ code, status }: ProviderError): EmbeddingFault {
  switch (code) {
    case 'UNAVAILABLE':
    case 'RATE_LIMITED':
    case 'TIMEOUT':
    case 'INTERRUPTED':
    case 'CANCELLED':
      return 'embedder';
    case 'INVALID_ARGUMENT':
      // Without a status it was never sent: the address is not one.
      return status === undefined ? 'setup' : 'text';
    case 'UNAUTHENTICATED':
    case 'PERMISSION_DENIED':
    case 'NOT_FOUND':
    case 'QUOTA_EXCEEDED':
    case 'PROTOCOL':
      return 'setup';
  }
}
