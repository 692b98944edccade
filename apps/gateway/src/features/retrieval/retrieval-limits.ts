import { Injectable, type OnModuleInit } from '@nestjs/common';
import { RETRIEVAL_SETTINGS_CHANGED, retrievalSettings } from '@perennial/contracts-retrieval';
import { VersionedCache } from '@perennial/runtime';
import { Notices, Rpc } from '@perennial/transport';
import { Problem } from '../../problem';
import { GATEWAY_PRINCIPAL as principal } from '../../sessions/gateway-principal';

/** A lost notice delays a change by this time. */
const BELIEVED_MS = 700;
/** The page must not wait long for optional data. */
const TIMEOUT_MS = 1_000;
const KEY = 'limits';

/** Limits for attachments on the page: MiB of a file and files of a message, null without a limit. */
export interface FileLimits {
  maxSize: number | null;
  maxCount: number | null;
}

export const NO_LIMITS: FileLimits = { maxSize: null, maxCount: null };

/** The last known limits of files, for display. Uploads are checked against retrieval's present limits. */
@Injectable()
export class RetrievalLimits implements OnModuleInit {
  private readonly cache = new VersionedCache<FileLimits>({ maxAgeMs: BELIEVED_MS });
  private last = NO_LIMITS;

  constructor(
    private readonly rpc: Rpc,
    private readonly notices: Notices,
  ) {}

  onModuleInit(): void {
    void this.notices.subscribe(RETRIEVAL_SETTINGS_CHANGED, () => this.forget());
  }

  /** The limits were changed here: fetch them again. */
  forget(): void {
    this.cache.forget();
  }

  /** Never rejects: while retrieval is unavailable the last known limits are returned. */
  async known(): Promise<FileLimits> {
    // A failure is cached too, so that not every page calls an unavailable retrieval.
    return this.cache.get(KEY, () => this.read().catch(() => this.last));
  }

  /**
   * Refuses a message with more documents than allowed; a message without any makes no call.
   *
   * @throws Problem 400
   */
  async refuseTooMany(files: readonly { type?: string | null }[] | null | undefined): Promise<void> {
    const documents = files?.filter(({ type }) => type === 'file' || type === 'collection').length ?? 0;
    if (documents === 0) return;
    const { maxCount } = await this.known();
    if (maxCount !== null && documents > maxCount) {
      throw new Problem(
        400,
        `At most ${maxCount} files can be attached to a message, this one has ${documents}. Take some off and send it again.`,
      );
    }
  }

  private async read(): Promise<FileLimits> {
    const { settings } = await this.rpc.call(retrievalSettings.get, {}, { principal, deadlineMs: TIMEOUT_MS });
    return (this.last = { maxSize: settings.FILE_MAX_SIZE, maxCount: settings.FILE_MAX_COUNT });
  }
}
