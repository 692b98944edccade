import { Inject, Injectable, type OnApplicationBootstrap } from '@nestjs/common';
import { RETRIEVAL_SETTINGS_CHANGED } from '@perennial/contracts-retrieval';
import { RetrievalSettingsSchema } from '@perennial/contracts-wire';
import type { Tx } from '@perennial/persistence';
import { LastVersion, Runtime, VersionedCache } from '@perennial/runtime';
import { Notices } from '@perennial/transport';
import { RETRIEVAL_ENV, type RetrievalEnv } from '../env';
import { KeySeal } from './key-seal';
import { embeddingFrom, type SealedSettings, settingsOf, type SettingsState } from './settings';
import { SettingsRepository } from './settings.repository';

/** A lost notice delays a change by at most this. */
const POLL_MS = 700;
const KEY = 'settings';

/**
 * This process's copy of the settings. A notice or the poll shows that the version has risen; in between a reader costs no statement.
 */
@Injectable()
export class SettingsKeeper implements OnApplicationBootstrap {
  private readonly cache: VersionedCache<SettingsState>;

  constructor(
    private readonly repository: SettingsRepository,
    private readonly seal: KeySeal,
    private readonly notices: Notices,
    @Inject(Runtime) private readonly runtime: Runtime,
    @Inject(RETRIEVAL_ENV) private readonly env: RetrievalEnv,
  ) {
    const last = new LastVersion({ ask: () => this.repository.version() });
    this.cache = new VersionedCache({ version: { last, of: ({ version }) => version } });
    runtime.status.provide({ retrievalSettings: () => this.cache.peek(KEY)?.version });
    const help = 'Version of the settings that this process has applied';
    runtime.metrics.gauge('settings_version', help, ['settings'], (gauge) => {
      const applied = this.cache.peek(KEY);
      if (applied) gauge.set({ settings: 'retrieval' }, applied.version);
    });
  }

  async onApplicationBootstrap(): Promise<void> {
    this.noteIgnored(this.complete({}), (await this.current()).retrieval);
    await this.notices.subscribe(RETRIEVAL_SETTINGS_CHANGED, ({ version }) => this.reach(version));
    this.runtime.every(POLL_MS, async () => void (await this.fresh()), { name: 'poll retrieval settings' });
  }

  /** The settings as this process knows them: at most a notice, or a second, behind. */
  async current(): Promise<SettingsState> {
    return this.cache.peek(KEY) ?? this.cache.load(KEY, () => this.read());
  }

  /** The settings as the database has them now; one cheap statement. */
  async fresh(): Promise<SettingsState> {
    return this.cache.fresh(KEY, () => this.read());
  }

  /** A setting that is newer than the row starts with the environment's value. */
  complete(saved: Partial<SealedSettings>): SealedSettings {
    return { ...settingsOf(this.env, (key) => this.seal.seal(key)), ...saved };
  }

  /** Call it in the transaction of a change: after its commit this process reads it and notifies the others. */
  announce(tx: Tx, version: number): void {
    tx.afterCommit(async () => {
      await this.reach(version);
      await this.notices.publish(RETRIEVAL_SETTINGS_CHANGED, { version });
    });
  }

  /** Reads the state, unless this process has it in this version already. */
  private async reach(version: number): Promise<void> {
    await this.cache.reach(KEY, version, () => this.read());
  }

  private async read(): Promise<SettingsState> {
    const state = (await this.repository.load()) ?? (await this.seed());
    return { ...state, retrieval: this.complete(state.retrieval) };
  }

  /** The first process of an installation decides. */
  private async seed(): Promise<SettingsState> {
    await this.repository.seed({
      retrieval: this.complete({}),
      embedding: embeddingFrom(this.env, (key) => this.seal.seal(key)),
    });
    const state = await this.repository.load();
    if (!state) throw new Error('the row of settings is missing');
    return state;
  }

  /** An operator who changes a variable after the first start should see that it has no effect. */
  private noteIgnored(environment: SealedSettings, saved: SealedSettings): void {
    const keys = RetrievalSettingsSchema.omit({
      RAG_EXTERNAL_RERANKER_API_KEY: true,
      AUDIO_STT_OPENAI_API_KEY: true,
      VISION_OPENAI_API_KEY: true,
    }).keyof().options;
    const ignored = keys.filter((key) => JSON.stringify(environment[key]) !== JSON.stringify(saved[key]));
    if (ignored.length > 0)
      this.runtime.log.info({ settings: ignored }, 'saved settings are in force instead of the environment’s');
  }
}
