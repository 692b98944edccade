import { Inject, Injectable } from '@nestjs/common';
import type { ProviderModel } from '@perennial/model-provider';
import { type Logger, Runtime, waitAtMost } from '@perennial/runtime';
import { ProviderClient } from '../connections/provider-client';
import { CONFIG_ENV, type ConfigEnv } from '../env';
import type { Connection } from '../state/state';

/** Readers wait for a list older than this; a younger one is used while the next is fetched. */
const WAIT_AFTER_MS = 60_000;
/**
 * For a provider that has never answered: long enough for one that has just started, short enough that one that hangs delays no reader.
 */
const TIMEOUT_MS = 500;
/** How long the models of a failing provider stay: its restart should not empty the model picker. */
const KEEP_MS = 10 * 60_000;

interface Known {
  models: readonly ProviderModel[];
  /** When they were listed, by `performance.now()`. */
  at: number;
}

interface Entry {
  known?: Known;
  /** The last finished attempt. */
  attempt?: { at: number; ok: boolean };
  loading?: Promise<void>;
}

const NONE: readonly ProviderModel[] = [];

/**
 * The list of each provider, fetched by one request at a time and not more often than `MODELS_CACHE_TTL`. A provider that is away hardly
 * delays the others: readers wait for its first attempt only. The same array is returned while nothing has changed.
 */
@Injectable()
export class ProviderLists {
  private readonly entries = new Map<string, Entry>();
  private readonly fixedLists = new WeakMap<Connection, readonly ProviderModel[]>();
  private readonly ttlMs: number;
  private readonly log: Logger;

  constructor(
    private readonly client: ProviderClient,
    runtime: Runtime,
    @Inject(CONFIG_ENV) env: ConfigEnv,
  ) {
    this.ttlMs = env.MODELS_CACHE_TTL * 1_000;
    this.log = runtime.logger('model-lists');
  }

  /** The known list, without waiting. */
  peek(connection: Connection): readonly ProviderModel[] {
    return this.fixed(connection) ?? this.known(this.entry(connection));
  }

  /** The known list; fetches it if it is too old, and waits only if there is none or it is very old. */
  async get(connection: Connection): Promise<readonly ProviderModel[]> {
    const fixed = this.fixed(connection);
    if (fixed) return fixed;
    const entry = this.entry(connection);
    const age = entry.attempt ? performance.now() - entry.attempt.at : Infinity;
    if (age >= this.ttlMs) {
      const loading = this.load(connection, entry);
      if (!entry.attempt || (entry.attempt.ok && age > WAIT_AFTER_MS)) await loading;
      else if (!entry.known) await waitAtMost(loading, TIMEOUT_MS);
    }
    return this.known(entry);
  }

  /** Fetches the list now. A failure keeps the known one. */
  async refresh(connection: Connection): Promise<readonly ProviderModel[]> {
    const fixed = this.fixed(connection);
    if (fixed) return fixed;
    const entry = this.entry(connection);
    await this.load(connection, entry);
    return this.known(entry);
  }

  /** Forgets all other connections. */
  retain(connections: readonly Connection[]): void {
    const keep = new Set(connections.map(keyOf));
    for (const key of this.entries.keys()) if (!keep.has(key)) this.entries.delete(key);
  }

  /** An admin may name the models of a connection; then the provider is not queried. */
  private fixed(connection: Connection): readonly ProviderModel[] | undefined {
    const ids = connection.options.model_ids;
    if (!ids || ids.length === 0) return undefined;
    let models = this.fixedLists.get(connection);
    if (!models) {
      const ownedBy = connection.kind;
      models = ids.map((id) => ({ id, name: id, ownedBy, raw: { id, name: id, owned_by: ownedBy } }));
      this.fixedLists.set(connection, models);
    }
    return models;
  }

  private entry(connection: Connection): Entry {
    const key = keyOf(connection);
    let entry = this.entries.get(key);
    if (!entry) this.entries.set(key, (entry = {}));
    return entry;
  }

  private known(entry: Entry): readonly ProviderModel[] {
    if (!entry.known) return NONE;
    if (entry.attempt?.ok === false && performance.now() - entry.known.at > KEEP_MS) entry.known = undefined;
    return entry.known?.models ?? NONE;
  }

  private load(connection: Connection, entry: Entry): Promise<void> {
    entry.loading ??= this.client
      .list(connection)
      .then(
        (models) => {
          const same = entry.known && JSON.stringify(entry.known.models) === JSON.stringify(models);
          entry.known = { models: same && entry.known ? entry.known.models : models, at: performance.now() };
          if (entry.attempt?.ok === false)
            this.log.info({ url: connection.url, models: models.length }, 'the provider answers again');
          entry.attempt = { at: performance.now(), ok: true };
        },
        (error: unknown) => {
          const reason = error instanceof Error ? error.message : String(error);
          // Once per outage, because it is retried every few seconds.
          if (entry.attempt?.ok !== false)
            this.log.warn({ url: connection.url, reason }, 'a provider did not list its models');
          entry.attempt = { at: performance.now(), ok: false };
        },
      )
      .finally(() => {
        entry.loading = undefined;
      });
    return entry.loading;
  }
}

/** The encrypted key stands for the key: a new one is a new connection. */
function keyOf({ kind, url, sealedKey }: Connection): string {
  return `${kind} ${url} ${sealedKey ?? ''}`;
}
