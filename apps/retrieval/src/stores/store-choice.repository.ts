import { Injectable } from '@nestjs/common';
import type { StoreChoice } from '@perennial/blob-store';
import { Database } from '@perennial/persistence';

/** The row that says which store holds the files. The command line changes it. */
@Injectable()
export class StoreChoiceRepository {
  constructor(private readonly database: Database) {}

  async current(): Promise<StoreChoice> {
    const row = await this.database.first<StoreChoice>(
      'SELECT version::float8 AS version, active, other FROM blob_stores',
      [],
      { name: 'blob_stores.current' },
    );
    if (!row) throw new Error('the row of the stores of files is missing');
    return row;
  }
}
