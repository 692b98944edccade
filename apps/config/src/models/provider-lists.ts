import { setTimeout as sleep } from 'node:timers/promises';
import { Inject, Injectable } from '@nestjs/common';
import type { ProviderModel } from '@perennial/model-provider';
import { type Logger, Runtime } from '@perennial/runtime';
import { ProviderClient } from '../connections/provider-client';
import { CONFIG_ENV, type ConfigEnv } from '../env';
import type { Connection } from '../state/state';

/** A list older than this is waited for; a younger one is used while the next is fetched. */
const WAIT_AFTER_MS = 60_000;
/** For a provider that has never answered: one that has just come up is seen at once, one that hangs holds nobody up. */
const TIMEOUT_MS = 500;
/** How long the models of a provider that fails stay: a restart of it should not empty anybody's model picker. */
const KEEP_MS = 10 * 60_000;

interface Known {
  models: readonly ProviderModel[];
  /** When they were listed, by `performance.now()`. */
  at: number;
}

interface Entry {
  known?: Known;
  /** The last attempt that ended. */
  attempt?: { at: number; ok: boolean };
  loading?: Promise<void>;
}

const NONE: readonly ProviderModel[] = [];

/**
 * What each provider offers, asked at most once at a time and not more often than `MODELS_CACHE_TTL`. A provider that does not answer
 * costs the others next to nothing: only its first attempt is waited for. The same array is returned while nothing has changed.
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
    this.log = runtime.logger('model lists');
  }

  /** What is known now, without waiting. */
  peek(connection: Connection): readonly ProviderModel[] {
    return this.fixed(connection) ?? this.known(this.entry(connection));
  }

  /** What is known; asks the provider when that is too old, and waits for it only when nothing is known or it is very old. */
  async get(connection: Connection): Promise<readonly ProviderModel[]> {
    const fixed = this.fixed(connection);
    if (fixed) return fixed;
    const entry = this.entry(connection);
    const age = entry.attempt ? performance.now() - entry.attempt.at : Infinity;
    if (age >= this.ttlMs) {
      const loading = this.load(connection, entry);
      if (!entry.attempt || (entry.attempt.ok && age > WAIT_AFTER_MS)) await loading;
      else if (!entry.known) await Promise.race([loading, sleep(TIMEOUT_MS)]);
    }
    return this.known(entry);
  }

  /** What the provider says now. One that fails leaves what was known. */
  async refresh(connection: Connection): Promise<readonly ProviderModel[]> {
    const fixed = this.fixed(connection);
    if (fixed) return fixed;
    const entry = this.entry(connection);
    await this.load(connection, entry);
    return this.known(entry);
  }

  /** Forgets every connection but these. */
  retain(connections: readonly Connection[]): void {
    const keep = new Set(connections.map(keyOf));
    for (const key of this.entries.keys()) if (!keep.has(key)) this.entries.delete(key);
  }

  /** An admin may name the models of a connection; then nobody asks the provider. */
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
          // Once per outage: it is asked again every few seconds.
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

/** The sealed key stands for the key: a new one is a new connection. */
function keyOf({ kind, url, sealedKey }: Connection): string {
  return `${kind} ${url} ${sealedKey ?? ''}`;
}
