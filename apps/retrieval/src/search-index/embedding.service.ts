import { Inject, Injectable } from '@nestjs/common';
import { CallError, type CallParsedRequest, type UserPrincipal } from '@perennial/contracts-kernel';
import type { embedding, EmbeddingConfig, IndexStatus } from '@perennial/contracts-retrieval';
import { UnitOfWork } from '@perennial/persistence';
import { Runtime } from '@perennial/runtime';
import { RETRIEVAL_ENV, type RetrievalEnv } from '../env';
import { enteredServer } from '../settings/entered-server';
import { KeySeal } from '../settings/key-seal';
import type { SealedEmbedding, SealedServer, SettingsState } from '../settings/settings';
import { SettingsRepository } from '../settings/settings.repository';
import { SettingsKeeper } from '../settings/settings-keeper';
import { IndexRequests } from './index-requests';
import { IndexStatusReader } from './index-status';

type Changes = CallParsedRequest<typeof embedding.update>;

/**
 * The embedding settings as the admin's page shows them. Keys arrive in clear, are encrypted at once, and are returned masked.
 */
@Injectable()
export class EmbeddingService {
  constructor(
    private readonly runtime: Runtime,
    private readonly keeper: SettingsKeeper,
    private readonly repository: SettingsRepository,
    private readonly requests: IndexRequests,
    private readonly statuses: IndexStatusReader,
    private readonly seal: KeySeal,
    private readonly unitOfWork: UnitOfWork,
    @Inject(RETRIEVAL_ENV) private readonly env: RetrievalEnv,
  ) {}

  async get(): Promise<EmbeddingConfig> {
    return this.masked(await this.keeper.fresh());
  }

  async update(principal: UserPrincipal, changes: Changes, key: string): Promise<EmbeddingConfig> {
    // A plain hash of the request is stored for comparison; the keys enter it under our secret.
    const forms = this.seal.forms((hide) => {
      const hidden = (server: Changes['openai']) => server && { ...server, key: hide(server.key) };
      return { ...changes, openai: hidden(changes.openai), ollama: hidden(changes.ollama) };
    });
    const once = { scope: `retrieval.embedding.update:${principal.userId}`, key, ...forms };
    const named = changes.model !== undefined || changes.engine !== undefined;
    const dimension = named ? await this.dimensionAfter(changes) : undefined;
    await this.unitOfWork.once(once, async (tx) => {
      const { retrieval, embedding: before } = await this.repository.lock(tx);
      const embedding = this.changed(before, changes);
      const version = await this.repository.save(tx, { retrieval, embedding });
      await this.requests.request(tx, embedding, dimension);
      this.keeper.announce(tx, version);
      const told = { actor_id: principal.userId, fields: Object.keys(changes) };
      tx.afterCommit(() => this.runtime.security.record('settings_changed', told));
    });
    return this.get();
  }

  async rebuild(principal: UserPrincipal, key: string): Promise<IndexStatus> {
    await this.unitOfWork.once({ scope: `retrieval.index.rebuild:${principal.userId}`, key, request: {} }, (tx) =>
      this.requests.rebuild(tx),
    );
    return this.statuses.read();
  }

  status(): Promise<IndexStatus> {
    return this.statuses.read();
  }

  private async dimensionAfter(changes: Changes): Promise<number | undefined> {
    return this.requests.dimensionOf(this.changed((await this.keeper.fresh()).embedding, changes));
  }

  private changed(before: SealedEmbedding, { openai, ollama, ...rest }: Changes): SealedEmbedding {
    const embedding = {
      ...before,
      ...rest,
      openai: openai ? this.server(before.openai, openai) : before.openai,
      ollama: ollama ? this.server(before.ollama, ollama) : before.ollama,
    };
    this.check(embedding);
    return embedding;
  }

  private server(before: SealedServer, entered: { url: string; key: string }): SealedServer {
    return enteredServer(this.seal, before, entered, 'an embedder');
  }

  private check({ engine, openai, ollama }: SealedEmbedding): void {
    const address = { '': this.env.RAG_LOCAL_EMBEDDER_URL, openai: openai.url, ollama: ollama.url }[engine];
    if (address) return;
    throw new CallError(
      'INVALID_ARGUMENT',
      engine === ''
        ? 'There is no local embedder here: set RAG_LOCAL_EMBEDDER_URL, or choose openai or ollama'
        : `Enter the address of the ${engine} server`,
    );
  }

  private async masked({ version, embedding }: SettingsState): Promise<EmbeddingConfig> {
    const server = ({ url, sealedKey }: SealedServer) => ({ url, key: this.seal.mask(sealedKey) });
    return {
      ...embedding,
      openai: server(embedding.openai),
      ollama: server(embedding.ollama),
      version,
      index: await this.statuses.read(),
    };
  }
}
