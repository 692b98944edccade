import { createHmac } from 'node:crypto';
import { Inject, Injectable, type OnApplicationBootstrap } from '@nestjs/common';
import { CONFIG_CHANGED } from '@perennial/contracts-config';
import type { Tx } from '@perennial/persistence';
import { Runtime } from '@perennial/runtime';
import { Notices } from '@perennial/transport';
import { EnvironmentConnections } from '../connections/environment-connections';
import { CONFIG_ENV, type ConfigEnv } from '../env';
import type { ConfigState } from './state';
import { StateRepository } from './state.repository';

/** A lost notice delays a change by at most this. */
const POLL_MS = 1_000;

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
];

/**
 * This replica's copy of the configuration. A notice or the poll shows that the version has risen; in between a reader costs no statement.
 */
@Injectable()
export class StateKeeper implements OnApplicationBootstrap {
  private state: ConfigState | undefined;
  private loading: Promise<ConfigState> | undefined;

  constructor(
    private readonly repository: StateRepository,
    private readonly environment: EnvironmentConnections,
    private readonly notices: Notices,
    private readonly runtime: Runtime,
    @Inject(CONFIG_ENV) private readonly env: ConfigEnv,
  ) {}

  async onApplicationBootstrap(): Promise<void> {
    const changed = await this.repository.noteEnvironment(this.fingerprint());
    await this.load();
    await this.notices.subscribe(CONFIG_CHANGED, ({ version }) => this.reach(version));
    if (changed !== undefined) await this.notices.publish(CONFIG_CHANGED, { version: changed });
    this.runtime.every(POLL_MS, async () => void (await this.fresh()), { name: 'poll configuration version' });
  }

  /** The state as this replica knows it: at most a notice, or a second, behind. */
  async current(): Promise<ConfigState> {
    return this.state ?? this.load();
  }

  /** The state as the database has it now; one cheap statement. */
  async fresh(): Promise<ConfigState> {
    return this.reach(await this.repository.version());
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

  private async reach(version: number): Promise<ConfigState> {
    if (this.state && this.state.version >= version) return this.state;
    const state = await this.load();
    // A load that was under way may have begun before the change.
    return state.version >= version ? state : this.load();
  }

  private load(): Promise<ConfigState> {
    this.loading ??= this.read().finally(() => {
      this.loading = undefined;
    });
    return this.loading;
  }

  private async read(): Promise<ConfigState> {
    const { version, banners, kinds, entries } = await this.repository.load();
    const state: ConfigState = {
      version,
      banners,
      connections: {
        openai: kinds.openai ?? this.environment.of('openai'),
        ollama: kinds.ollama ?? this.environment.of('ollama'),
      },
      entries: new Map(entries.map((entry) => [entry.id, entry])),
    };
    if (!this.state || version >= this.state.version) this.state = state;
    return state;
  }

  /** With a secret key, so that the stored fingerprint reveals nothing about the keys in it. */
  private fingerprint(): string {
    const seen = JSON.stringify(VISIBLE.map((name) => [name, this.env[name]]));
    return createHmac('sha256', this.env.SECRET_KEY).update(seen).digest('base64url');
  }
}
