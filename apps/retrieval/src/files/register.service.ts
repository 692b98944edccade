import { Inject, Injectable } from '@nestjs/common';
import {
  CallError,
  type CallParsedRequest,
  type Principal,
  requireUser,
  type UserPrincipal,
} from '@perennial/contracts-kernel';
import { type files, type StoredFile, toBlobKey } from '@perennial/contracts-retrieval';
import { type Tx, UnitOfWork } from '@perennial/persistence';
import { injectTrace } from '@perennial/runtime';
import { writable } from '../access/access';
import { holdUser } from '../access/hold-user';
import { RETRIEVAL_ENV, type RetrievalEnv } from '../env';
import { SettingsKeeper } from '../settings/settings-keeper';
import { assertResidence, newResidence } from '../stores/residence';
import { DirectoriesRepository } from './directories.repository';
import { FileChanges } from './file-changes';
import { type FileRow, toWire } from './file-row';
import { FilesRepository } from './files.repository';
import { duplicateContent, PlacementsRepository } from './placements.repository';
import { UserStorage } from './user-storage';

type Request = CallParsedRequest<typeof files.register>;

const MIB = 2 ** 20;
/** Retry-After in seconds when the queue is full. */
const RETRY_AFTER_S = 30;

/** Creates rows for files whose bytes are in the blob store. */
@Injectable()
export class RegisterService {
  constructor(
    private readonly files: FilesRepository,
    private readonly placements: PlacementsRepository,
    private readonly directories: DirectoriesRepository,
    private readonly changes: FileChanges,
    private readonly settings: SettingsKeeper,
    private readonly storage: UserStorage,
    private readonly unitOfWork: UnitOfWork,
    @Inject(RETRIEVAL_ENV) private readonly env: RetrievalEnv,
  ) {}

  /** Row, placement and job in one transaction; a second delivery returns the first one's row. */
  async register(request: Request, principal: Principal): Promise<StoredFile> {
    const user = requireUser(principal);
    return toWire(await this.unitOfWork.run((tx) => this.registerIn(tx, request, user)));
  }

  /** The same within a transaction that does more. Call it before any row is locked, but for the base. */
  async registerIn(tx: Tx, request: Request, user: UserPrincipal): Promise<FileRow> {
    const { userId } = user;
    const residence = newResidence(user, this.env.PLACEMENTS);
    await holdUser(tx, userId);
    const known = await this.known(tx, request, userId);
    if (known) return known;
    await this.checkContent(request);
    await this.checkCounts(tx, userId, request.process);
    await this.storage.assertRoom(tx, userId, request.size);
    if (request.knowledgeId) await this.checkBase(tx, request.knowledgeId, request, user);
    const row = await this.files.insert(
      tx,
      {
        id: request.fileId,
        userId,
        name: request.name,
        contentType: request.contentType,
        size: request.size,
        sha256: request.sha256,
        blobKey: toBlobKey(request.fileId, '1', user.placement),
        residence,
        meta: request.metadata,
        scope: request.knowledgeId ?? request.fileId,
        directoryId: (request.knowledgeId && request.directoryId) ?? null,
        queued: request.process,
      },
      injectTrace().traceparent,
    );
    // A concurrent delivery was faster.
    const registered = row ?? (await this.known(tx, request, userId));
    if (!registered) throw new CallError('UNAVAILABLE', 'The file is being registered. Try again.', { retryAfter: 1 });
    if (row && request.knowledgeId) await this.placements.touchBase(tx, request.knowledgeId);
    this.changes.changed(tx, [registered]);
    return registered;
  }

  private async known(tx: Tx, { fileId, sha256 }: Request, userId: string): Promise<FileRow | undefined> {
    // The second look is for a concurrent delivery that committed between the first look and the check of the id.
    const row =
      (await this.files.find(fileId, tx)) ??
      ((await this.files.isKnown(tx, fileId)) ? await this.files.find(fileId, tx) : null);
    if (row === null) return undefined;
    if (row && row.userId === userId && (row.sha256 === sha256 || row.generation > 1)) return row;
    throw new CallError('ALREADY_EXISTS', 'This file id has been used. Upload the file again.');
  }

  private async checkContent({ name, size }: Request): Promise<void> {
    const { FILE_MAX_SIZE, ALLOWED_FILE_EXTENSIONS } = (await this.settings.current()).retrieval;
    if (FILE_MAX_SIZE !== null && size > FILE_MAX_SIZE * MIB)
      throw new CallError('PAYLOAD_TOO_LARGE', `A file may have at most ${FILE_MAX_SIZE} MB.`, {
        problem: 'file_too_large',
      });
    const extension = /\.([^./\\]+)$/.exec(name)?.[1]?.toLowerCase() ?? '';
    if (ALLOWED_FILE_EXTENSIONS.length > 0 && !ALLOWED_FILE_EXTENSIONS.includes(extension))
      throw new CallError(
        'INVALID_ARGUMENT',
        `Files of this kind are not allowed. Allowed are: ${ALLOWED_FILE_EXTENSIONS.join(', ')}.`,
        { problem: 'file_kind_not_allowed' },
      );
  }

  private async checkCounts(tx: Tx, userId: string, queues: boolean): Promise<void> {
    const { own, waiting } = await this.files.counts(tx, userId);
    if (own >= this.env.MAX_FILES_PER_USER)
      throw new CallError('RESOURCE_EXHAUSTED', `You have ${own} files, which is the maximum. Delete some first.`, {
        problem: 'too_many_files',
      });
    if (queues && waiting >= this.env.MAX_QUEUED_FILES)
      throw new CallError('UNAVAILABLE', 'Too many files wait to be processed. Try again later.', {
        problem: 'too_many_files_wait',
        retryAfter: RETRY_AFTER_S,
        refused: true,
      });
  }

  private async checkBase(
    tx: Tx,
    baseId: string,
    { fileId, sha256, directoryId }: Request,
    user: UserPrincipal,
  ): Promise<void> {
    assertResidence(
      user,
      writable(user, await this.placements.holdBase(tx, baseId), 'knowledge base'),
      'knowledge base',
    );
    if (directoryId) await this.directories.assertIn(tx, baseId, [directoryId]);
    if ((await this.placements.countIn(tx, baseId)) >= this.env.MAX_FILES_PER_BASE)
      throw new CallError('RESOURCE_EXHAUSTED', 'The knowledge base is full.', { problem: 'base_full' });
    if ((await this.placements.heldContent(tx, baseId, [sha256], [fileId])).length > 0) throw duplicateContent();
  }
}
