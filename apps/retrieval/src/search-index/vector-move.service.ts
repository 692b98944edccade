import { Inject, Injectable } from '@nestjs/common';
import { CallError, type CallParsedRequest, type UserPrincipal } from '@perennial/contracts-kernel';
import type { vectorMove, VectorMoveStatus } from '@perennial/contracts-retrieval';
import { type Tx, UnitOfWork } from '@perennial/persistence';
import { Runtime } from '@perennial/runtime';
import { RETRIEVAL_ENV, type RetrievalEnv } from '../env';
import { SettingsRepository } from '../settings/settings.repository';
import { BuildsRepository, type IndexBuild, type Move } from './builds.repository';
import { IndexCatalog, type VectorIndex } from './index-catalog';
import { IndexRequests } from './index-requests';
import { MovesRepository } from './moves.repository';
import { StoreCheck } from './store-check';

type StartRequest = CallParsedRequest<typeof vectorMove.start>;
type Action = 'start' | 'pause' | 'cancel' | 'finish';

/**
 * Moves the index from one vector store to another, as an administrator says: a build of the same model in the other store, whose switch is the
 * cut-over.
 */
@Injectable()
export class VectorMoveService {
  constructor(
    private readonly catalog: IndexCatalog,
    private readonly builds: BuildsRepository,
    private readonly moves: MovesRepository,
    private readonly requests: IndexRequests,
    private readonly settings: SettingsRepository,
    private readonly check: StoreCheck,
    private readonly unitOfWork: UnitOfWork,
    private readonly runtime: Runtime,
    @Inject(RETRIEVAL_ENV) private readonly env: Pick<RetrievalEnv, 'FORMER_STORE_GRACE_SECONDS'>,
  ) {}

  async status(): Promise<VectorMoveStatus> {
    // In this order: a switch in between has removed the build and left a former store, and must not look like a cancelled move.
    const build = await this.builds.find();
    const active = await this.catalog.active();
    const former = await this.moves.former(this.env.FORMER_STORE_GRACE_SECONDS);
    return {
      stores: [...this.check.names],
      active: active?.store ?? null,
      moving: build && isMove(build, active) ? await this.moving(build) : null,
      former: former && former.store !== active?.store ? former : null,
      comparison: active ? await this.moves.comparison(active.id) : null,
    };
  }

  async start(principal: UserPrincipal, request: StartRequest, key: string): Promise<VectorMoveStatus> {
    const move: Move = {
      store: request.to,
      pointsPerSecond: request.pointsPerSecond ?? null,
      minRecall: request.minRecall,
    };
    await this.check.assertKnown(move.store);
    return this.change('start', { principal, key, request }, async (tx, active, build) => {
      if (!active)
        throw refused('No document is indexed yet: set VECTOR_DB and VECTOR_STORE_NAME to the store of your choice.');
      if (build && isMove(build, active)) {
        if (build.store === move.store) return this.moves.resume(tx, move);
        throw refused(`The documents are being moved to "${build.store}". Wait, or cancel that first.`);
      }
      if (active.store === move.store) return;
      if (build) throw refused('An index is being built in the present store. Move the documents when it answers.');
      await this.requests.move(tx, active, move);
    });
  }

  pause(principal: UserPrincipal, key: string): Promise<VectorMoveStatus> {
    return this.change('pause', { principal, key, request: {} }, async (tx, active, build) => {
      assertMoving(active, build);
      await this.moves.pause(tx);
    });
  }

  cancel(principal: UserPrincipal, key: string): Promise<VectorMoveStatus> {
    return this.change('cancel', { principal, key, request: {} }, async (tx, active, build) => {
      assertMoving(active, build);
      await this.requests.cancel(tx);
    });
  }

  finish(principal: UserPrincipal, key: string): Promise<VectorMoveStatus> {
    return this.change('finish', { principal, key, request: {} }, async (tx) => {
      if (!(await this.catalog.retireFormer(0, tx))) throw refused('No former store is kept.');
    });
  }

  /** Changes of the settings and of the move come one after another. */
  private async change(
    action: Action,
    { principal, key, request }: { principal: UserPrincipal; key: string; request: object },
    work: (tx: Tx, active: VectorIndex | undefined, build: IndexBuild | undefined) => Promise<void>,
  ): Promise<VectorMoveStatus> {
    const once = { scope: `retrieval.vector-move.${action}:${principal.userId}`, key, request };
    await this.unitOfWork.once(once, async (tx) => {
      await this.settings.lock(tx);
      await work(tx, await this.catalog.active(tx), await this.builds.find(tx));
      const told = { actor_id: principal.userId, fields: [`vector-move.${action}`] };
      tx.afterCommit(() => this.runtime.security.record('settings_changed', told));
    });
    return this.status();
  }

  private async moving(build: IndexBuild): Promise<VectorMoveStatus['moving']> {
    const { store, indexId, pointsPerSecond, minRecall, paused, error } = build;
    return { to: store ?? '', ...(await this.builds.progress(indexId)), pointsPerSecond, minRecall, paused, error };
  }
}

function isMove({ store }: IndexBuild, active: VectorIndex | undefined): boolean {
  return store !== null && store !== active?.store;
}

/** @throws CallError when nothing is moved */
function assertMoving(active: VectorIndex | undefined, build: IndexBuild | undefined): void {
  if (!build || !isMove(build, active)) throw refused('The documents are not being moved.');
}

function refused(message: string): CallError {
  return new CallError('FAILED_PRECONDITION', message);
}
