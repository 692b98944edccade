import { randomUUID } from 'node:crypto';
import type { BlockBlobClient } from '@azure/storage-blob';
import { BlobStoreUnavailableError } from '../errors';
import { type BlobTarget, PART_LIMITS, type PartUpload } from '../put-in-parts';
import type { PutOptions } from '../types';
import { ask } from './client';
import { azureCodeOf, translateAzureError } from './errors';

/** A blob as one block blob: in one request, or in blocks that are committed at the end. */
export class AzureTarget implements BlobTarget {
  constructor(private readonly blob: BlockBlobClient) {}

  async putWhole(body: Buffer, { contentType, signal }: PutOptions): Promise<void> {
    try {
      await ask((abortSignal) => this.blob.upload(body, body.length, { abortSignal, ...typed(contentType) }), {
        signal,
        timeoutMs: PART_LIMITS.timeoutMs,
      });
    } catch (error) {
      throw translateAzureError(error);
    }
  }

  async beginUpload({ contentType }: PutOptions): Promise<PartUpload> {
    return new BlockUpload(this.blob, contentType);
  }
}

const typed = (blobContentType = 'application/octet-stream') => ({ blobHTTPHeaders: { blobContentType } });

class BlockUpload implements PartUpload {
  private readonly blocks: string[] = [];
  /** Blocks of concurrent uploads to one name lie side by side. */
  private readonly id = randomUUID();

  constructor(
    private readonly blob: BlockBlobClient,
    private readonly contentType: string | undefined,
  ) {}

  async send(body: Buffer, number: number, signal: AbortSignal): Promise<void> {
    const block = Buffer.from(`${this.id}-${String(number).padStart(6, '0')}`).toString('base64');
    try {
      await ask((abortSignal) => this.blob.stageBlock(block, body, body.length, { abortSignal }), {
        signal,
        timeoutMs: PART_LIMITS.timeoutMs,
      });
      this.blocks.push(block);
    } catch (error) {
      throw translateAzureError(error);
    }
  }

  async complete(last: Buffer, number: number, signal: AbortSignal): Promise<void> {
    await this.send(last, number, signal);
    try {
      await ask((abortSignal) => this.blob.commitBlockList(this.blocks, { abortSignal, ...typed(this.contentType) }), {
        timeoutMs: PART_LIMITS.timeoutMs,
      });
    } catch (error) {
      if (azureCodeOf(error) !== 'InvalidBlockList') throw translateAzureError(error);
      await this.assertOvertaken();
    }
  }

  /** Azure removes blocks that nobody committed, after a week. */
  async abort(): Promise<void> {}

  /**
   * A put that ended meanwhile has taken our blocks away: the blob is that one's, as if it had ended a moment later than ours.
   *
   * @throws BlobStoreUnavailableError when the name has no blob: it was deleted meanwhile
   */
  private async assertOvertaken(): Promise<void> {
    const found = await ask((abortSignal) => this.blob.exists({ abortSignal })).catch((error: unknown) => {
      throw translateAzureError(error);
    });
    if (!found) throw new BlobStoreUnavailableError('Azure Blob Storage has lost the blocks of an upload');
  }
}
