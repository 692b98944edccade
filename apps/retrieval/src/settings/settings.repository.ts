import { Injectable } from '@nestjs/common';
import { Database, type Queryable } from '@perennial/persistence';
import type { SettingsState } from './settings';

type Stored = Omit<SettingsState, 'version'>;
interface Row {
  version: number;
  data: Stored;
}

/** The single row of settings. */
@Injectable()
export class SettingsRepository {
  constructor(private readonly database: Database) {}

  /** Writes the first settings unless there are some: the first process of an installation decides. */
  async seed(first: Stored): Promise<void> {
    await this.database.execute('INSERT INTO settings (data) VALUES ($1) ON CONFLICT DO NOTHING', [
      JSON.stringify(first),
    ]);
  }

  /** Undefined before the first process of an installation has written them. */
  async load(): Promise<SettingsState | undefined> {
    const row = await this.database.first<Row>('SELECT version, data FROM settings', [], { name: 'settings.load' });
    return row && stateOf(row);
  }

  async version(): Promise<number> {
    const row = await this.database.first<{ version: number }>('SELECT version FROM settings', [], {
      name: 'settings.version',
    });
    return row?.version ?? 0;
  }

  /** The present settings, locked until the transaction ends. */
  async lock(tx: Queryable): Promise<SettingsState> {
    const row = await tx.first<Row>('SELECT version, data FROM settings FOR UPDATE');
    if (!row) throw new Error('the row of settings is missing');
    return stateOf(row);
  }

  /** Replaces them. @returns the new version */
  async save(tx: Queryable, { retrieval, embedding }: Stored): Promise<number> {
    const row = await tx.first<{ version: number }>(
      'UPDATE settings SET data = $1, version = version + 1, updated_at = now() RETURNING version',
      [JSON.stringify({ retrieval, embedding })],
    );
    if (!row) throw new Error('the row of settings is missing');
    return row.version;
  }
}

function stateOf({ version, data }: Row): SettingsState {
  return { version, ...data };
}
