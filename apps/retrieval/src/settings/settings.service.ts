import { Injectable } from '@nestjs/common';
import { CallError, type CallParsedRequest, type CallReply, type UserPrincipal } from '@perennial/contracts-kernel';
import type { retrievalSettings } from '@perennial/contracts-retrieval';
import type { RetrievalSettings } from '@perennial/contracts-wire';
import { UnitOfWork } from '@perennial/persistence';
import { Runtime } from '@perennial/runtime';
import { enteredServer } from './entered-server';
import { KeySeal } from './key-seal';
import { misfit, type SealedSettings } from './settings';
import { SettingsRepository } from './settings.repository';
import { SettingsKeeper } from './settings-keeper';

type Changes = CallParsedRequest<typeof retrievalSettings.update>;

/** The settings as the admin's page sees them. The reranker's key arrives in clear, is encrypted at once, and is returned masked. */
@Injectable()
export class SettingsService {
  constructor(
    private readonly runtime: Runtime,
    private readonly keeper: SettingsKeeper,
    private readonly repository: SettingsRepository,
    private readonly unitOfWork: UnitOfWork,
    private readonly seal: KeySeal,
  ) {}

  async get(): Promise<CallReply<typeof retrievalSettings.get>> {
    const { version, retrieval } = await this.keeper.fresh();
    return { version, settings: this.masked(retrieval) };
  }

  async update(
    principal: UserPrincipal,
    changes: Changes,
    key: string,
  ): Promise<CallReply<typeof retrievalSettings.update>> {
    // A plain hash of the request is stored for comparison; the key enters it under our secret.
    const forms = this.seal.forms((hide) => ({ ...changes, ...hidden(changes, hide) }));
    const once = { scope: `retrieval.settings.update:${principal.userId}`, key, ...forms };
    return this.unitOfWork.once(once, async (tx) => {
      const { retrieval: saved, embedding } = await this.repository.lock(tx);
      const retrieval = this.changed(this.keeper.complete(saved), changes);
      const wrong = misfit(retrieval);
      if (wrong !== undefined) throw new CallError('INVALID_ARGUMENT', wrong);
      const version = await this.repository.save(tx, { retrieval, embedding });
      this.keeper.announce(tx, version);
      const told = { actor_id: principal.userId, fields: Object.keys(changes) };
      tx.afterCommit(() => this.runtime.security.record('settings_changed', told));
      return { version, settings: this.masked(retrieval) };
    });
  }

  private changed(before: SealedSettings, changes: Changes): SealedSettings {
    const { RAG_EXTERNAL_RERANKER_API_KEY: key, ...rest } = changes;
    const settings = { ...before, ...rest };
    settings.ALLOWED_FILE_EXTENSIONS = settings.ALLOWED_FILE_EXTENSIONS.map((one) => one.replace(/^\./, ''));
    const known = { url: before.RAG_EXTERNAL_RERANKER_URL, sealedKey: before.rerankerKey };
    const entered = { url: settings.RAG_EXTERNAL_RERANKER_URL, key: key ?? this.seal.mask(known.sealedKey) };
    const { url, sealedKey } = enteredServer(this.seal, known, entered, 'a reranker');
    return { ...settings, RAG_EXTERNAL_RERANKER_URL: url, rerankerKey: sealedKey };
  }

  private masked({ rerankerKey, ...settings }: SealedSettings): RetrievalSettings {
    return { ...settings, RAG_EXTERNAL_RERANKER_API_KEY: this.seal.mask(rerankerKey) };
  }
}

function hidden({ RAG_EXTERNAL_RERANKER_API_KEY: key }: Changes, hide: (key: string) => string): Partial<Changes> {
  return key === undefined ? {} : { RAG_EXTERNAL_RERANKER_API_KEY: hide(key) };
}
