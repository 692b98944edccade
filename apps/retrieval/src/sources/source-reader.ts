import type { Readable } from 'node:stream';
import type { WebFailure } from '../web/web-error';
import type { FoundDocument, LeftOut, WaitingDocument } from './source-row';

/** A document as its source gives it out. */
export interface ReadDocument {
  kind: 'document';
  name: string;
  contentType: string;
  etag: string | null;
  lastModified: string | null;
  /** Kept with the file. */
  metadata: Record<string, unknown>;
  /** Its bytes; it fails with a `WebError`. */
  body: Readable;
  /** Once the bytes are read: what they lead to. */
  leadsTo(): FoundDocument[];
  /** Once the bytes are read: why they may not be kept; undefined if they may. */
  refusal(): string | undefined;
}

/** The source itself, among the addresses of its documents, where these are paths. */
export const TOP = './';
/** Documents that a listing gives at once. */
export const BATCH = 500;

/** What reading an address has brought. */
export type Reading =
  | ReadDocument
  | { kind: 'unchanged' }
  /** It is as it was when it was left out, for a reason that still holds. */
  | { kind: 'left-out'; state: LeftOut }
  /** Documents, some at a time; it fails with a `WebError`, also when none at all is more likely a mistake. */
  | { kind: 'listing'; entries: AsyncIterable<FoundDocument[]> };

/** Reads one kind of source. */
export interface SourceReader {
  /** Where a sync begins. */
  readonly begin: readonly FoundDocument[];
  /** All that is known is read again in each sync. False: listings decide what there is. */
  readonly rereads: boolean;
  /** Whether the source as a whole cannot be read if this document cannot. */
  isEssential(document: WaitingDocument, failure: WebFailure): boolean;
  /** What is kept as the ETag of a document that is left out; without it, it is read again in each sync. */
  version?(document: WaitingDocument, state: LeftOut, maxBytes: number): Promise<string | undefined>;
  /** @throws WebError, or the signal's reason */
  read(document: WaitingDocument, maxBytes: number, signal: AbortSignal): Promise<Reading>;
}
