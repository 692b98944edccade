import { Inject, Injectable } from '@nestjs/common';
import {
  CallError,
  type CallParsedRequest,
  type CallReply,
  type Principal,
  requireAdmin,
} from '@perennial/contracts-kernel';
import {
  type KnowledgeSource,
  knowledgeSources,
  type NewSourceConfig,
  type SourceConfig,
} from '@perennial/contracts-retrieval';
import { type OnceKey, type Tx, UnitOfWork } from '@perennial/persistence';
import { writable } from '../access/access';
import { type IdempotentCall, toOnceKey } from '../access/idempotent-call';
import { RETRIEVAL_ENV, type RetrievalEnv } from '../env';
import { FilesRepository } from '../files/files.repository';
import { type BaseRow, PlacementsRepository } from '../files/placements.repository';
import { KnowledgeRepository } from '../knowledge/knowledge.repository';
import { MembershipService } from '../knowledge/membership.service';
import { KeySeal } from '../settings/key-seal';
import { WebError } from '../web/web-error';
import { SourceReaders } from './source-readers';
import { SourcesRepository } from './sources.repository';

/** Operations of people on the sources of a base. Who may change the base may see and change them. */
@Injectable()
export class SourcesService {
  constructor(
    private readonly sources: SourcesRepository,
    private readonly knowledge: KnowledgeRepository,
    private readonly placements: PlacementsRepository,
    private readonly files: FilesRepository,
    private readonly members: MembershipService,
    private readonly readers: SourceReaders,
    private readonly seal: KeySeal,
    private readonly unitOfWork: UnitOfWork,
    @Inject(RETRIEVAL_ENV) private readonly env: RetrievalEnv,
  ) {}

  async list(knowledgeId: string, principal: Principal): Promise<CallReply<typeof knowledgeSources.list>> {
    await this.mayChange(knowledgeId, principal);
    return { items: await this.sources.list(knowledgeId) };
  }

  async get(knowledgeId: string, sourceId: string, principal: Principal): Promise<KnowledgeSource> {
    await this.mayChange(knowledgeId, principal);
    return known(await this.sources.find(knowledgeId, sourceId));
  }

  async documents(
    request: CallParsedRequest<typeof knowledgeSources.documents>,
    principal: Principal,
  ): Promise<CallReply<typeof knowledgeSources.documents>> {
    await this.get(request.knowledgeId, request.sourceId, principal);
    return { items: await this.sources.documents(request) };
  }

  async create(
    request: CallParsedRequest<typeof knowledgeSources.create>,
    delivery: IdempotentCall,
    id: string,
  ): Promise<KnowledgeSource> {
    const { knowledgeId, intervalS } = request;
    const { token, config: entered } = withoutToken(request.config);
    // A plain hash of the request is stored for comparison; the token enters it under our secret.
    const forms = this.seal.forms((hide) => ({
      ...request,
      config: entered,
      ...(token === '' ? {} : { token: hide(token) }),
    }));
    const once = { ...toOnceKey(knowledgeSources.create.pattern, delivery, request), ...forms };
    return this.change(once, knowledgeId, delivery.principal, async (tx, base) => {
      // Who reads a directory of the operator is the operator's business, not that of the base's owner.
      if (request.config.type === 'folder') requireAdmin(delivery.principal);
      const config = this.checked(entered);
      if ((await this.sources.count(tx, knowledgeId)) >= this.env.MAX_SOURCES_PER_BASE)
        throw new CallError('RESOURCE_EXHAUSTED', 'The knowledge base has as many sources as one may have.');
      await this.sources.insert(tx, {
        ...{ id, baseId: knowledgeId, userId: base.userId, config, intervalS },
        sealedToken: this.seal.seal(token),
      });
      return known(await this.sources.find(knowledgeId, id, tx));
    });
  }

  async update(
    request: CallParsedRequest<typeof knowledgeSources.update>,
    delivery: IdempotentCall,
  ): Promise<KnowledgeSource> {
    const once = toOnceKey(knowledgeSources.update.pattern, delivery, request);
    return this.changeOne(once, request, delivery, (tx) =>
      this.sources.setInterval(tx, request.sourceId, request.intervalS),
    );
  }

  async sync(
    request: CallParsedRequest<typeof knowledgeSources.sync>,
    delivery: IdempotentCall,
  ): Promise<KnowledgeSource> {
    const once = toOnceKey(knowledgeSources.sync.pattern, delivery, request);
    return this.changeOne(once, request, delivery, (tx) => this.sources.request(tx, request.sourceId));
  }

  async remove(
    request: CallParsedRequest<typeof knowledgeSources.remove>,
    delivery: IdempotentCall,
  ): Promise<CallReply<typeof knowledgeSources.remove>> {
    const { knowledgeId, sourceId, deleteFiles } = request;
    const once = toOnceKey(knowledgeSources.remove.pattern, delivery, request);
    return this.change(once, knowledgeId, delivery.principal, async (tx) => {
      known(await this.sources.find(knowledgeId, sourceId, tx));
      const ids = deleteFiles ? await this.sources.files(tx, knowledgeId, sourceId) : [];
      for (const row of await this.files.lockMany(tx, ids)) await this.members.takeOut(tx, knowledgeId, row, true);
      await this.sources.remove(tx, sourceId);
      if (ids.length > 0) await this.placements.touchBase(tx, knowledgeId);
      return { removed: true, files: ids.length };
    });
  }

  private changeOne(
    once: OnceKey,
    { knowledgeId, sourceId }: { knowledgeId: string; sourceId: string },
    { principal }: IdempotentCall,
    change: (tx: Tx) => Promise<void>,
  ): Promise<KnowledgeSource> {
    return this.change(once, knowledgeId, principal, async (tx) => {
      known(await this.sources.find(knowledgeId, sourceId, tx));
      await change(tx);
      return known(await this.sources.find(knowledgeId, sourceId, tx));
    });
  }

  private change<T>(
    once: OnceKey,
    knowledgeId: string,
    principal: Principal,
    change: (tx: Tx, base: BaseRow) => Promise<T>,
  ): Promise<T> {
    return this.unitOfWork.once(
      once,
      async (tx) => change(tx, writable(principal, await this.placements.holdBase(tx, knowledgeId), 'knowledge base')),
      { retry: true },
    );
  }

  private async mayChange(knowledgeId: string, principal: Principal): Promise<void> {
    writable(principal, await this.knowledge.find(knowledgeId), 'knowledge base');
  }

  /** In one spelling, and allowed at present; whether its server may be read is seen when its name is looked up. */
  private checked(config: SourceConfig): SourceConfig {
    try {
      const [begin] = this.readers.of(config).begin;
      return config.type === 'web' ? { ...config, url: begin?.address ?? config.url } : config;
    } catch (error) {
      if (error instanceof WebError) throw new CallError('INVALID_ARGUMENT', error.message);
      throw error;
    }
  }
}

function known(source: KnowledgeSource | undefined): KnowledgeSource {
  if (source) return source;
  throw new CallError('NOT_FOUND', 'There is no such source in this knowledge base.');
}

/** The token is kept apart from what people are shown. */
function withoutToken(config: NewSourceConfig): { config: SourceConfig; token: string } {
  if (config.type !== 'git') return { config, token: '' };
  const { token, ...rest } = config;
  return { config: rest, token };
}
