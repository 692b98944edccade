import { Readable } from 'node:stream';
import { BlobNotFoundError, BlobStoreDeniedError, BlobStoreError, type ForeignBucket } from '@perennial/blob-store';
import { type FolderSource, MAX_ADDRESS_CHARS } from '@perennial/contracts-retrieval';
import { toFileName } from '../web/web-document';
import { tooLarge, WebError, type WebFailure } from '../web/web-error';
import { type Reading, type SourceReader, TOP } from './source-reader';
import type { FoundDocument, WaitingDocument } from './source-row';

/** Milliseconds for one object, as long as bytes come. */
const READ_MS = 5 * 60_000;

/**
 * Reads the objects below a prefix of a bucket that the operator names. An address is the rest of the key; one with a hidden part (`.git/…`) is
 * left out.
 */
export class BucketSourceReader implements SourceReader {
  readonly begin: readonly FoundDocument[] = [{ address: TOP, listing: true, depth: 0 }];
  /** What the listing does not show is not there. */
  readonly rereads = false;
  private readonly prefix: string;

  constructor(
    { path }: FolderSource,
    private readonly open: () => Promise<ForeignBucket>,
  ) {
    const parts = path.split('/').filter((part) => part !== '');
    this.prefix = parts.map((part) => `${part}/`).join('');
  }

  isEssential({ listing }: WaitingDocument, _failure: WebFailure): boolean {
    return listing;
  }

  async read(
    { address, listing, fileId, etag }: WaitingDocument,
    maxBytes: number,
    signal: AbortSignal,
  ): Promise<Reading> {
    const bucket = await this.open();
    if (listing) return { kind: 'listing', entries: this.list(bucket, signal) };
    const limited = AbortSignal.any([signal, AbortSignal.timeout(READ_MS)]);
    const known = fileId === null ? null : etag;
    const object = await bucket.read(this.prefix + address, known, limited).catch((error: unknown) => {
      throw toTold(error, signal);
    });
    if (object === 'unchanged') return { kind: 'unchanged' };
    if (object.size > maxBytes) {
      object.stream.destroy();
      throw new WebError('too-large', tooLarge(maxBytes));
    }
    const body = Readable.from(told<Buffer>(signal, object.stream), { objectMode: false });
    // Also if nobody began to read it.
    body.once('close', () => object.stream.destroy());
    return {
      kind: 'document',
      name: toFileName(address.slice(address.lastIndexOf('/') + 1)),
      contentType: object.contentType ?? 'application/octet-stream',
      etag: object.etag,
      lastModified: null,
      metadata: { source: address },
      body,
      leadsTo: () => [],
      refusal: () => undefined,
    };
  }

  private async *list(bucket: ForeignBucket, signal: AbortSignal): AsyncGenerator<FoundDocument[]> {
    let isEmpty = true;
    for await (const keys of told(signal, bucket.list(this.prefix, signal))) {
      const found = keys.map((key) => key.slice(this.prefix.length)).filter(isDocument);
      isEmpty &&= found.length === 0;
      yield found.map((address) => ({ address, listing: false, depth: 1 }));
    }
    // As with a folder: more likely another prefix, or a key that may not list, than documents that are all gone.
    if (isEmpty) throw new WebError('away', 'There is nothing below this prefix of the bucket.');
  }
}

/** A key that ends with a slash stands for a folder; one that is no text, or too long for a key of ours, is left out. */
function isDocument(address: string): boolean {
  const isHidden = address.startsWith('.') || address.includes('/.');
  const isText = !/[\0\uFFFD]/.test(address) && Buffer.byteLength(address) <= MAX_ADDRESS_CHARS;
  return address !== '' && !address.endsWith('/') && !isHidden && isText;
}

/** What the bucket gives, with its errors in words for people. */
async function* told<T>(signal: AbortSignal, given: AsyncIterable<T>): AsyncGenerator<T> {
  try {
    yield* given;
  } catch (error) {
    throw toTold(error, signal);
  }
}

/** The store's own words name the operator's variables. */
function toTold(error: unknown, signal: AbortSignal): unknown {
  if (signal.aborted) return signal.reason;
  if (error instanceof BlobNotFoundError) return new WebError('gone', 'It is not there any more.', { cause: error });
  if (error instanceof BlobStoreDeniedError)
    return new WebError('denied', 'The bucket does not give it out.', { cause: error });
  const isLate = error instanceof Error && error.name === 'TimeoutError';
  if (error instanceof BlobStoreError || isLate)
    return new WebError('away', 'The bucket does not answer.', { cause: error });
  return error;
}
