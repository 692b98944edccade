import { Injectable } from '@nestjs/common';
import { CallError, type CallParsedRequest, type CallReply, type UserPrincipal } from '@perennial/contracts-kernel';
import type { retrievalSettings } from '@perennial/contracts-retrieval';
import type { RetrievalSettings } from '@perennial/contracts-wire';
import { UnitOfWork } from '@perennial/persistence';
import { Runtime } from '@perennial/runtime';
import { enteredServer } from './entered-server';
import { KeySeal } from './key-seal';
import { misfit, type SealedSettings, SETTINGS_SERVERS } from './settings';
import { SettingsRepository } from './settings.repository';
import { SettingsKeeper } from './settings-keeper';

type Changes = CallParsedRequest<typeof retrievalSettings.update>;

/** The settings as the admin's page sees them. Keys of servers arrive in clear, are encrypted at once, and are returned masked. */
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
    const keys: Changes = {};
    const plain: Changes = { ...changes };
    for (const { key } of SETTINGS_SERVERS) {
      if (changes[key] !== undefined) keys[key] = changes[key];
      delete plain[key];
    }
    const settings = { ...before, ...plain };
    settings.ALLOWED_FILE_EXTENSIONS = settings.ALLOWED_FILE_EXTENSIONS.map((one) => one.replace(/^\./, ''));
    for (const { url, key, sealed, what } of SETTINGS_SERVERS) {
      const known = { url: before[url], sealedKey: before[sealed] };
      const entered = { url: settings[url], key: keys[key] ?? this.seal.mask(known.sealedKey) };
      const server = enteredServer(this.seal, known, entered, what);
      settings[url] = server.url;
      settings[sealed] = server.sealedKey;
    }
    return settings;
  }

  private masked({ rerankerKey, transcriptionKey, visionKey, ...settings }: SealedSettings): RetrievalSettings {
    return {
      ...settings,
      RAG_EXTERNAL_RERANKER_API_KEY: this.seal.mask(rerankerKey),
      AUDIO_STT_OPENAI_API_KEY: this.seal.mask(transcriptionKey),
      VISION_OPENAI_API_KEY: this.seal.mask(visionKey),
    };
  }
}

function hidden(changes: Changes, hide: (key: string) => string): Partial<Changes> {
  return Object.fromEntries(
    SETTINGS_SERVERS.flatMap(({ key }) => (changes[key] === undefined ? [] : [[key, hide(changes[key])]])),
  );
}
