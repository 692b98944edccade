import { Injectable } from '@nestjs/common';
import { CallError, isTransient, type UserPrincipal } from '@perennial/contracts-kernel';
import { files as fileCalls, knowledge, type SearchItem } from '@perennial/contracts-retrieval';
import { type Logger, Runtime } from '@perennial/runtime';
import { Rpc } from '@perennial/transport';
import { distinct, documentsIn } from './attachments';
import { RetrievalPresence } from './retrieval-presence';

/** Longest wait of an accept for retrieval: the search itself checks access again. */
const TIMEOUT_MS = 1_500;

/** Refuses a message with documents that its sender cannot read, before an answer is started. */
@Injectable()
export class DocumentGate {
  private readonly log: Logger;

  constructor(
    private readonly rpc: Rpc,
    private readonly presence: RetrievalPresence,
    runtime: Runtime,
  ) {
    this.log = runtime.logger('document-gate');
  }

  /**
   * `NOT_FOUND` for a file or base that is deleted or another user's, without saying which. While retrieval is unavailable nothing is
   * refused. Without documents it makes no call.
   */
  async assertReadable(attached: readonly unknown[] | undefined, principal: UserPrincipal): Promise<void> {
    if (attached === undefined || attached.length === 0) return;
    const items = distinct(documentsIn(attached));
    if (items.length === 0) return;
    try {
      // The first look is enough: the search will check access again.
      const missing = await this.presence.whileUp((signal) => this.missing(items, principal, signal), { awayMs: 0 });
      if (missing) throw notThere(missing);
    } catch (error) {
      if (error instanceof CallError && !isTransient(error)) throw error;
      this.log.warn({ err: error }, 'documents not checked at the accept');
    }
  }

  private async missing(
    items: readonly SearchItem[],
    principal: UserPrincipal,
    signal: AbortSignal,
  ): Promise<SearchItem | undefined> {
    const options = { principal, signal, deadlineMs: TIMEOUT_MS };
    const files = items.filter(({ type }) => type === 'file');
    const bases = items.filter(({ type }) => type === 'collection');
    const [statuses, found] = await Promise.all([
      files.length === 0
        ? undefined
        : this.rpc.call(fileCalls.statuses, { fileIds: files.map(({ id }) => id) }, options),
      Promise.all(bases.map(({ id }) => this.hasBase(id, options))),
    ]);
    const known = new Set(statuses?.items.map(({ id }) => id));
    return files.find(({ id }) => !known.has(id)) ?? bases.find((_, at) => !found[at]);
  }

  private async hasBase(
    knowledgeId: string,
    options: { principal: UserPrincipal; signal: AbortSignal; deadlineMs: number },
  ): Promise<boolean> {
    try {
      await this.rpc.call(knowledge.get, { knowledgeId }, options);
      return true;
    } catch (error) {
      if (error instanceof CallError && (error.code === 'NOT_FOUND' || error.code === 'PERMISSION_DENIED'))
        return false;
      throw error;
    }
  }
}

function notThere({ type, id }: SearchItem): CallError {
  const what = type === 'file' ? 'file' : 'knowledge base';
  return new CallError(
    'NOT_FOUND',
    `There is no such ${what} (${id}), or it is not yours. Take it off the message and send it again.`,
  );
}
