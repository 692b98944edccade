import { Injectable } from '@nestjs/common';
import type { ConnectionKind, Settings } from '@perennial/contracts-config';
import { Database, type Queryable } from '@perennial/persistence';
import type { Connection, ConnectionSet, General, ModelChoice, ModelEntry } from './state';

/** The keys of the table of settings. */
export type SettingName = 'banners' | 'models' | 'suggestions' | 'general';

/** The stored state; kinds that no admin has saved are missing. */
export interface StoredState {
  version: number;
  banners: Settings['banners'];
  suggestions: Settings['suggestions'];
  general: General;
  modelChoice: ModelChoice;
  kinds: Partial<Record<ConnectionKind, ConnectionSet>>;
  entries: ModelEntry[];
}

const ENTRY = `json_build_object('id', id, 'user_id', user_id, 'base_model_id', base_model_id, 'name', name, 'meta', meta, 'params', params,
  'access_grants', access_grants, 'is_active', is_active, 'created_at', floor(extract(epoch FROM created_at))::int,
  'updated_at', floor(extract(epoch FROM updated_at))::int)`;

/** The tables of schema `config`. Every change bumps the version in the same transaction. */
@Injectable()
export class StateRepository {
  constructor(private readonly database: Database) {}

  async version(): Promise<number> {
    const row = await this.database.first<{ version: number }>('SELECT version::float8 AS version FROM versions', [], {
      name: 'config.version',
    });
    return row?.version ?? 0;
  }

  /** All in one statement, hence of one version. */
  async load(): Promise<StoredState> {
    const row = await this.database.first<{
      version: number;
      banners: Settings['banners'] | null;
      suggestions: Settings['suggestions'] | null;
      general: General | null;
      modelChoice: ModelChoice | null;
      kinds: { kind: ConnectionKind; enabled: boolean }[];
      connections: Connection[];
      entries: ModelEntry[];
    }>(
      `SELECT (SELECT version::float8 FROM versions) AS version,
              (SELECT value FROM settings WHERE key = 'banners') AS banners,
              (SELECT value FROM settings WHERE key = 'suggestions') AS suggestions,
              (SELECT value FROM settings WHERE key = 'general') AS general,
              (SELECT value FROM settings WHERE key = 'models') AS "modelChoice",
              (SELECT coalesce(json_agg(k), '[]') FROM connection_kinds k) AS kinds,
              (SELECT coalesce(json_agg(json_build_object('kind', kind, 'url', url, 'sealedKey', sealed_key, 'options', options)
                                        ORDER BY kind, position), '[]') FROM connections) AS connections,
              (SELECT coalesce(json_agg(${ENTRY} ORDER BY created_at, id), '[]') FROM model_entries) AS entries`,
    );
    if (!row) throw new Error('a statement without FROM returned no row');
    const kinds: StoredState['kinds'] = {};
    for (const { kind, enabled } of row.kinds) {
      kinds[kind] = { enabled, connections: row.connections.filter((connection) => connection.kind === kind) };
    }
    const { version, banners, suggestions, general, modelChoice, entries } = row;
    return {
      version,
      banners: banners ?? [],
      suggestions: suggestions ?? [],
      general: general ?? {},
      modelChoice: modelChoice ?? { defaults: null, order: [] },
      kinds,
      entries,
    };
  }

  /** The version after this transaction's change. Others wait for its end, so versions are ordered by commit. */
  async bump(tx: Queryable): Promise<number> {
    const row = await tx.first<{ version: number }>(
      'UPDATE versions SET version = version + 1 RETURNING version::float8 AS version',
    );
    if (!row) throw new Error('the version row is missing');
    return row.version;
  }

  /**
   * Bumps the version when the environment differs from that of the last start.
   *
   * @returns the new version, if so
   */
  async noteEnvironment(fingerprint: string): Promise<number | undefined> {
    const row = await this.database.first<{ version: number }>(
      'UPDATE versions SET version = version + 1, environment = $1 WHERE environment <> $1 RETURNING version::float8 AS version',
      [fingerprint],
    );
    return row?.version;
  }

  async saveSetting(tx: Queryable, name: SettingName, value: unknown): Promise<void> {
    await tx.execute(
      `INSERT INTO settings (key, value) VALUES ($1, $2) ON CONFLICT (key) DO UPDATE SET value = excluded.value`,
      [name, JSON.stringify(value)],
    );
  }

  /** Adds to the fields of a setting that is an object; the others stay. */
  async mergeSetting(tx: Queryable, name: SettingName, value: object): Promise<void> {
    await tx.execute(
      `INSERT INTO settings (key, value) VALUES ($1, $2) ON CONFLICT (key) DO UPDATE SET value = settings.value || excluded.value`,
      [name, JSON.stringify(value)],
    );
  }

  /** Replaces the connections of a kind. */
  async saveConnections(tx: Queryable, kind: ConnectionKind, { enabled, connections }: ConnectionSet): Promise<void> {
    await tx.execute(
      `INSERT INTO connection_kinds (kind, enabled) VALUES ($1, $2) ON CONFLICT (kind) DO UPDATE SET enabled = excluded.enabled`,
      [kind, enabled],
    );
    await tx.execute('DELETE FROM connections WHERE kind = $1', [kind]);
    await tx.execute(
      `INSERT INTO connections (kind, position, url, sealed_key, options)
       SELECT $1, c.ordinality, c.value->>'url', c.value->>'sealedKey', c.value->'options'
         FROM jsonb_array_elements($2) WITH ORDINALITY AS c`,
      [kind, JSON.stringify(connections)],
    );
  }

  /** The connections of a kind as this transaction sees them; undefined when none were saved. Locks the kind until its end. */
  async lockConnections(tx: Queryable, kind: ConnectionKind): Promise<Connection[] | undefined> {
    const rows = await tx.query<{ kind: string }>('SELECT kind FROM connection_kinds WHERE kind = $1 FOR UPDATE', [
      kind,
    ]);
    if (rows.length === 0) return undefined;
    return tx.query<Connection>(
      'SELECT kind, url, sealed_key AS "sealedKey", options FROM connections WHERE kind = $1 ORDER BY position',
      [kind],
    );
  }

  /** Creates or replaces the entry of a model; keeps its creator and creation time. */
  async saveEntry(tx: Queryable, entry: Omit<ModelEntry, 'created_at' | 'updated_at'>): Promise<ModelEntry> {
    const row = await tx.first<{ entry: ModelEntry }>(
      `INSERT INTO model_entries (id, user_id, base_model_id, name, meta, params, access_grants, is_active)
       VALUES ($1, $2, $3, $4, $5, $6, $7, $8)
       ON CONFLICT (id) DO UPDATE SET base_model_id = excluded.base_model_id, name = excluded.name, meta = excluded.meta,
         params = excluded.params, access_grants = excluded.access_grants, is_active = excluded.is_active, updated_at = now()
       RETURNING ${ENTRY} AS entry`,
      [
        entry.id,
        entry.user_id,
        entry.base_model_id,
        entry.name,
        JSON.stringify(entry.meta),
        JSON.stringify(entry.params),
        JSON.stringify(entry.access_grants),
        entry.is_active,
      ],
    );
    if (!row) throw new Error('an insert returned no row');
    return row.entry;
  }
}
