import { Injectable } from '@nestjs/common';
import { Database, UnitOfWork } from '@perennial/persistence';
import { mayClaim, type Registration, type StoreHost } from './claim';

/** The single row that registers the machine with the embedded store. */
@Injectable()
export class HostRepository {
  constructor(
    private readonly database: Database,
    private readonly unitOfWork: UnitOfWork,
  ) {}

  /**
   * Registers the machine.
   *
   * @returns the conflicting registration, if there is one
   */
  claim(own: StoreHost): Promise<Registration | undefined> {
    return this.unitOfWork.run(async (tx) => {
      await tx.execute('INSERT INTO embedded_store (host, directory) VALUES ($1, $2) ON CONFLICT DO NOTHING', [
        own.host,
        own.directory,
      ]);
      const known = await tx.first<Registration>(
        `SELECT host, directory, extract(epoch FROM clock_timestamp() - seen_at)::float8 AS "silentS" FROM embedded_store FOR UPDATE`,
      );
      if (known && !mayClaim(known, own)) return known;
      await tx.execute(
        `UPDATE embedded_store SET seen_at = clock_timestamp(), host = $1, directory = $2,
                claimed_at = CASE WHEN host = $1 AND directory = $2 THEN claimed_at ELSE now() END`,
        [own.host, own.directory],
      );
      return undefined;
    });
  }

  /**
   * Writes a heartbeat.
   *
   * @returns false when the store belongs to another machine now
   */
  async beat(own: StoreHost): Promise<boolean> {
    const beaten = await this.database.execute(
      'UPDATE embedded_store SET seen_at = clock_timestamp() WHERE host = $1 AND directory = $2',
      [own.host, own.directory],
      { name: 'embedded-store.beat' },
    );
    return beaten === 1;
  }
}
