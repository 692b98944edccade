import { randomUUID } from 'node:crypto';
import { Inject, Injectable } from '@nestjs/common';
import type { BlobStore, StoredBlob } from '@perennial/blob-store';
import {
  CallError,
  type CallParsedRequest,
  type ErrorCode,
  isUndecided,
  type Principal,
  requireUser,
} from '@perennial/contracts-kernel';
import { type StoredFile, toBlobKey, webPages } from '@perennial/contracts-retrieval';
import { CountByKey } from '@perennial/runtime';
import { RETRIEVAL_ENV, type RetrievalEnv } from '../env';
import { RegisterService } from '../files/register.service';
import { SettingsKeeper } from '../settings/settings-keeper';
import { BLOB_STORE } from '../stores/tokens';
import { WebClient, type WebPage } from './web-client';
import { toWebDocument } from './web-document';
import { WebError, type WebFailure } from './web-error';

const MIB = 2 ** 20;
/** Pages that one person may read at once here, and all together: each holds a connection and a buffer. */
const PER_USER = 4;
const ALL = 32;

/** Of the time of the call, for the store and the database: its caller must hear what became of it. */
const RESERVE_MS = 10_000;
const LONGEST_MS = webPages.load.deadlineMs - RESERVE_MS;

const CODES: Record<WebFailure, ErrorCode> = {
  refused: 'INVALID_ARGUMENT',
  unsupported: 'INVALID_ARGUMENT',
  'too-large': 'PAYLOAD_TOO_LARGE',
  gone: 'FAILED_PRECONDITION',
  denied: 'FAILED_PRECONDITION',
  away: 'FAILED_PRECONDITION',
  busy: 'FAILED_PRECONDITION',
};

/** Single pages that a person asks for: no robot, so that `robots.txt` is not asked. */
@Injectable()
export class WebPagesService {
  private readonly reading = new CountByKey();
  private all = 0;

  constructor(
    private readonly client: WebClient,
    private readonly registration: RegisterService,
    private readonly settings: SettingsKeeper,
    @Inject(BLOB_STORE) private readonly blobs: BlobStore,
    @Inject(RETRIEVAL_ENV) private readonly env: RetrievalEnv,
  ) {}

  /** A page as a file of this user. The file is registered when its bytes are durable, as an upload is. */
  async load({ url, knowledgeId }: CallParsedRequest<typeof webPages.load>, principal: Principal): Promise<StoredFile> {
    const user = requireUser(principal);
    this.admit(user.userId);
    const fileId = randomUUID();
    const key = toBlobKey(fileId, '1', user.placement);
    try {
      const page = await this.get(url);
      const { name, contentType } = documentOf(page);
      const stored = await this.keep(key, page, contentType);
      const metadata = { source: page.url.href };
      const request = { fileId, name, contentType, metadata, knowledgeId, process: true, ...stored };
      return await this.registration.register(request, user);
    } catch (error) {
      if (error instanceof WebError) throw new CallError(CODES[error.failure], error.message);
      // Whether it is registered may be unknown: then the reconciler decides.
      if (error instanceof CallError && !isUndecided(error)) await this.blobs.delete(key).catch(() => undefined);
      throw error;
    } finally {
      this.reading.add(user.userId, -1);
      this.all -= 1;
    }
  }

  private admit(userId: string): void {
    if (this.reading.of(userId) >= PER_USER)
      throw new CallError(
        'RESOURCE_EXHAUSTED',
        'You are reading as many web pages as one may at once. Wait for them.',
        {
          retryAfter: 5,
        },
      );
    if (this.all >= ALL)
      throw new CallError('UNAVAILABLE', 'Too many web pages are being read. Try again soon.', {
        retryAfter: 5,
        refused: true,
      });
    this.reading.add(userId, 1);
    this.all += 1;
  }

  private async get(url: string): Promise<WebPage> {
    const { FILE_MAX_SIZE } = (await this.settings.current()).retrieval;
    const maxBytes = Math.min(this.env.WEB_LOADER_MAX_BYTES, (FILE_MAX_SIZE ?? Infinity) * MIB);
    const timeoutMs = Math.min(this.env.WEB_LOADER_TIMEOUT * 1_000, LONGEST_MS);
    const page = await this.client.get(url, { maxBytes, timeoutMs });
    if (!page) throw new WebError('denied', 'Its server sent nothing.');
    return page;
  }

  private async keep(key: string, { body }: WebPage, contentType: string): Promise<StoredBlob> {
    const stored = await this.blobs.put(key, body, { maxBytes: this.env.WEB_LOADER_MAX_BYTES, contentType });
    if (stored.size > 0) return stored;
    await this.blobs.delete(key).catch(() => undefined);
    throw new WebError('unsupported', 'There is nothing on this page.');
  }
}

function documentOf({ url, contentType, body }: WebPage) {
  try {
    return toWebDocument(url, contentType);
  } catch (error) {
    body.destroy();
    throw error;
  }
}
