import { Inject, Injectable } from '@nestjs/common';
import type { PlacedBlobStore } from '@perennial/blob-store';
import { CallError, type CallParsedRequest, type UserPrincipal } from '@perennial/contracts-kernel';
import { BLOB_STORES_CHANGED, type blobMove, type BlobMoveStatus } from '@perennial/contracts-retrieval';
import { type Tx, UnitOfWork } from '@perennial/persistence';
import { Runtime } from '@perennial/runtime';
import { Notices } from '@perennial/transport';
import { BLOB_STORE } from '../stores/tokens';
import type { BlobMoveRow } from './blob-move-row';
import { BlobMovesRepository } from './blob-moves.repository';
import type { BlobStoresRow } from './blob-stores-row';

interface Change {
  principal: UserPrincipal;
  key: string;
  request: object;
}

/** Moves the files from one store to another, as an administrator says; a worker does it. */
@Injectable()
export class BlobMoveService {
  constructor(
    private readonly moves: BlobMovesRepository,
    private readonly unitOfWork: UnitOfWork,
    private readonly notices: Notices,
    private readonly runtime: Runtime,
    @Inject(BLOB_STORE) private readonly stores: PlacedBlobStore,
  ) {}

  status(): Promise<BlobMoveStatus> {
    return this.unitOfWork.run(async (tx) => {
      const { phase, active, other } = await this.moves.stores(tx);
      const last = await this.moves.last(tx);
      const commandRuns = !(await this.moves.holdLock(tx));
      return {
        stores: this.names,
        ...{ phase, active, other, commandRuns },
        order: last && !last.isFinished ? orderOf(last) : null,
        compared: last?.compared ?? null,
      };
    });
  }

  start(
    principal: UserPrincipal,
    request: CallParsedRequest<typeof blobMove.start>,
    key: string,
  ): Promise<BlobMoveStatus> {
    const { to: target, bytesPerS = null, skipUnreadable } = request;
    if (!this.names.includes(target))
      throw new CallError(
        'INVALID_ARGUMENT',
        `There is no store of files "${target}". BLOB_STORES declares ${this.names.join(', ')}.`,
      );
    return this.change('start', { principal, key, request }, async (tx, { phase, active, other }, order) => {
      if (phase === 'settled' && active === target && !order) return;
      const goesOn =
        phase === 'settled' || (phase === 'copying' && other === target) || (phase === 'moved' && active === target);
      if (!goesOn || (order && (order.kind !== 'move' || order.target !== target)))
        throw refused('Another move of files is under way. Finish it, or take it back, first.');
      await this.moves.order(tx, { kind: 'move', target, bytesPerS, skipUnreadable, withoutCopying: false });
    });
  }

  pause(principal: UserPrincipal, key: string): Promise<BlobMoveStatus> {
    return this.change('pause', { principal, key, request: {} }, async (tx) => {
      if (!(await this.moves.pause(tx))) throw refused('No file is being moved.');
    });
  }

  rollback(
    principal: UserPrincipal,
    request: CallParsedRequest<typeof blobMove.rollback>,
    key: string,
  ): Promise<BlobMoveStatus> {
    return this.change('rollback', { principal, key, request }, async (tx, { phase }, order) => {
      if (phase === 'settled' && !order) throw refused('The files are in one store only: there is no way back.');
      await this.moves.order(tx, { kind: 'rollback', target: null, bytesPerS: null, ...request });
    });
  }

  finish(
    principal: UserPrincipal,
    request: CallParsedRequest<typeof blobMove.finish>,
    key: string,
  ): Promise<BlobMoveStatus> {
    return this.change('finish', { principal, key, request }, async (tx, { phase }, order) => {
      // One that was paused after the phase had changed only has to be noted as done.
      const isDone = phase === 'settled' && order?.kind === 'finish';
      if (phase !== 'moved' && !isDone) throw refused('The files are not moved yet.');
      if (order && order.kind !== 'finish' && !order.paused)
        throw refused('The files are still being moved. Wait, or pause that first.');
      await this.moves.order(tx, { kind: 'finish', target: null, bytesPerS: null, ...request });
    });
  }

  private get names(): string[] {
    return Object.keys(this.stores.own.prints);
  }

  private async change(
    action: 'start' | 'pause' | 'rollback' | 'finish',
    { principal, key, request }: Change,
    work: (tx: Tx, stores: BlobStoresRow, order: BlobMoveRow | undefined) => Promise<void>,
  ): Promise<BlobMoveStatus> {
    const once = { scope: `retrieval.blob-move.${action}:${principal.userId}`, key, request };
    await this.unitOfWork.once(once, async (tx) => {
      // A command that begins now finds what is ordered here.
      if (!(await this.moves.holdLock(tx)))
        throw refused('`perennial blobs migrate` moves files now. Wait for it, or stop it: it can go on here then.');
      await this.moves.holdOrders(tx);
      const last = await this.moves.last(tx);
      const stores = await this.moves.stores(tx);
      await work(tx, stores, last?.isFinished ? undefined : last);
      // A lost one delays the move by the workers' interval.
      const { version } = stores;
      tx.afterCommit(() => void this.notices.publish(BLOB_STORES_CHANGED, { version }).catch(() => undefined));
      const told = { actor_id: principal.userId, fields: [`blob-move.${action}`] };
      tx.afterCommit(() => this.runtime.security.record('settings_changed', told));
    });
    return this.status();
  }
}

function orderOf(row: BlobMoveRow): BlobMoveStatus['order'] {
  const { kind, target: to, bytesPerS, skipUnreadable, paused, progress, told, error } = row;
  return { kind, to, bytesPerS, skipUnreadable, paused, progress, told, error };
}

function refused(message: string): CallError {
  return new CallError('FAILED_PRECONDITION', message);
}
