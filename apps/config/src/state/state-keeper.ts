import { createHmac } from 'node:crypto';
import { Inject, Injectable, type OnApplicationBootstrap } from '@nestjs/common';
import { CONFIG_CHANGED } from '@perennial/contracts-config';
import type { Tx } from '@perennial/persistence';
import { LastVersion, Runtime, VersionedCache } from '@perennial/runtime';
import { Notices } from '@perennial/transport';
import { CONFIG_ENV, type ConfigEnv } from '../env';
import { EnvironmentConnections } from './environment-connections';
import type { ConfigState } from './state';
import { StateRepository } from './state.repository';

/** A lost notice delays a change by at most this. */
const POLL_MS = 700;
const KEY = 'state';

/** Variables that others can see; if one of them changes between two starts, the version rises. */
const VISIBLE: readonly (keyof ConfigEnv)[] = [
  'OPENAI_API_BASE_URLS',
  'OPENAI_API_KEYS',
  'OLLAMA_BASE_URLS',
  'ENABLE_OPENAI_API',
  'ENABLE_OLLAMA_API',
  'WEBUI_NAME',
  'DEFAULT_LOCALE',
  'DEFAULT_MODELS',
  'TASK_MODEL',
  'ENABLE_TITLE_GENERATION',
  'TITLE_GENERATION_PROMPT_TEMPLATE',
  'ENABLE_FOLLOW_UP_GENERATION',
];

/**
 * This replica's copy of the configuration. A notice or the poll shows that the version has risen; in between a reader costs no statement.
 */
@Injectable()
export class StateKeeper implements OnApplicationBootstrap {
  private readonly cache: VersionedCache<ConfigState>;

  constructor(
    private readonly repository: StateRepository,
    private readonly environment: EnvironmentConnections,
    private readonly notices: Notices,
    private readonly runtime: Runtime,
    @Inject(CONFIG_ENV) private readonly env: ConfigEnv,
  ) {
    const last = new LastVersion({ ask: () => this.repository.version() });
    this.cache = new VersionedCache({ version: { last, of: ({ version }) => version } });
    runtime.status.provide({ settings: () => toVersion(this.cache.peek(KEY)) });
    const help = 'Version of the settings that this process has applied';
    runtime.metrics.gauge('settings_version', help, ['settings'], (gauge) => {
      const applied = this.cache.peek(KEY);
      if (applied) gauge.set({ settings: 'installation' }, applied.version);
    });
  }

  async onApplicationBootstrap(): Promise<void> {
    const changed = await this.repository.noteEnvironment(this.fingerprint());
    await this.current();
    await this.notices.subscribe(CONFIG_CHANGED, ({ version }) => this.reach(version));
    if (changed !== undefined) await this.notices.publish(CONFIG_CHANGED, { version: changed });
    this.runtime.every(POLL_MS, async () => void (await this.fresh()), { name: 'poll configuration version' });
  }

  /** The state as this replica knows it: at most a notice, or a second, behind. */
  async current(): Promise<ConfigState> {
    return this.cache.peek(KEY) ?? this.cache.load(KEY, () => this.read());
  }

  /** The state as the database has it now; one cheap statement. */
  async fresh(): Promise<ConfigState> {
    return this.cache.fresh(KEY, () => this.read());
  }

  /** Bumps the version; after the commit this replica reads it and notifies the others. */
  async changed(tx: Tx): Promise<number> {
    const version = await this.repository.bump(tx);
    tx.afterCommit(async () => {
      await this.reach(version);
      await this.notices.publish(CONFIG_CHANGED, { version });
    });
    return version;
  }

  /** Reads the state, unless this process has it in this version already. */
  private async reach(version: number): Promise<void> {
    await this.cache.reach(KEY, version, () => this.read());
  }

  private async read(): Promise<ConfigState> {
    const { kinds, entries, ...settings } = await this.repository.load();
    return {
      ...settings,
      connections: {
        openai: kinds.openai ?? this.environment.of('openai'),
        ollama: kinds.ollama ?? this.environment.of('ollama'),
      },
      entries: new Map(entries.map((entry) => [entry.id, entry])),
    };
  }

  /** With a secret key, so that the stored fingerprint reveals nothing about the keys in it. */
  private fingerprint(): string {
    const { PLACEMENTS: placements } = this.env;
    const visible = VISIBLE.map((name) => [name, this.env[name]]);
    const seen = JSON.stringify(placements.size === 0 ? visible : [...visible, ...placements]);
    return createHmac('sha256', this.env.SECRET_KEY).update(seen).digest('base64url');
  }
}

function toVersion(state: ConfigState | undefined): string | undefined {
  return state && `c${state.version}`;
}
