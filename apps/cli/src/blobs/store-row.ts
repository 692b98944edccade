import { setTimeout as sleep } from 'node:timers/promises';
import { type BlobStoresRow, blobStoresRow, CHANGED_MEANWHILE, type MigrationRow } from '@perennial/retrieval/operator';
import type { Client } from 'pg';
import { CommandError } from '../failure';

const LOCK_ATTEMPTS = 5;
const LOCK_PAUSE_MS = 200;

/** The row that says which store holds the files, and how far a move is. */
export class StoreRow implements MigrationRow {
  constructor(private readonly client: Client) {}

  async read(): Promise<BlobStoresRow> {
    const { rows } = await this.client.query<BlobStoresRow>(blobStoresRow.read);
    if (!rows[0]) throw new CommandError('The row of the stores of files is missing. Run `perennial migrate`.');
    return rows[0];
  }

  /** @throws CommandError when somebody else has changed it since `before` was read */
  async change(
    before: BlobStoresRow,
    { phase, active, other }: Pick<BlobStoresRow, 'phase' | 'active' | 'other'>,
  ): Promise<BlobStoresRow> {
    const { rows } = await this.client.query<BlobStoresRow>(blobStoresRow.change, [
      before.version,
      phase,
      active,
      other,
    ]);
    if (!rows[0]) throw new CommandError(CHANGED_MEANWHILE);
    return rows[0];
  }

  /** What `status` shows of a migration that runs. */
  async tell(progress: string): Promise<void> {
    await this.client.query(blobStoresRow.tell, [progress]);
  }

  /** @returns false while another session has it; it ends with this session, however that ends */
  async lock(): Promise<boolean> {
    // Postgres needs a moment to notice that a command was killed.
    for (let attempt = 1; attempt < LOCK_ATTEMPTS; attempt += 1) {
      if (await this.isFree(blobStoresRow.lock)) return true;
      await sleep(LOCK_PAUSE_MS);
    }
    return this.isFree(blobStoresRow.lock);
  }

  async isLocked(): Promise<boolean> {
    return !(await this.isFree(blobStoresRow.isFree));
  }

  /** Whether a service works on a move that was begun on the administrator's page. */
  async isOrdered(): Promise<boolean> {
    return (await this.client.query(blobStoresRow.ordered)).rows.length > 0;
  }

  private async isFree(statement: string): Promise<boolean> {
    const { rows } = await this.client.query<{ free: boolean }>(statement);
    return rows[0]?.free === true;
  }
}
