/**
 * Revisions of chats: moments of Postgres, so that no writer has to count. A revision is the oldest transaction that was still under way when a
 * chat was read: every row that this read did not see was written by that one or by a later one. Rows have the transaction that wrote them last
 * (`xmin`), whoever wrote them, also a process of the previous release. A row may be returned once more than needed, and never once too seldom.
 */

/** The oldest transaction under way, and the next one, as numbers that never start again. */
export const MOMENT = `SELECT pg_snapshot_xmin(pg_current_snapshot())::text::bigint AS oldest,
         pg_snapshot_xmax(pg_current_snapshot())::text::bigint AS next`;

/**
 * Of a row `c` of chats: numbers of transactions are only comparable in one table of one line of the store. A promoted standby has another
 * timeline, a restored copy another table, a restored disk another start of the server.
 */
export const ERA = `left(pg_walfile_name(pg_current_wal_insert_lsn()), 8) || '-' || c.tableoid
  || '-' || extract(epoch FROM pg_postmaster_start_time())::bigint`;

/** Of a row `c` of chats; `MOMENT` is `moment`. */
export const REVISION = `${ERA} || '-' || (SELECT oldest FROM moment)`;

/** Whether a row was written at or after a transaction. `xmin` has 32 bits: a row of 4 billion transactions ago may count as newer. */
export const isNewer = (row: string, than: string): string =>
  `(SELECT next - ((next - ${row}.xmin::text::bigint) & 4294967295) FROM moment) >= ${than}`;

export interface Revision {
  era: string;
  transaction: string;
}

const SHAPE = /^([0-9A-F]{8}-\d{1,10}-\d{1,12})-(\d{1,18})$/;

/** The parts of a revision; undefined for any other text. */
export function parseRevision(text: string | undefined): Revision | undefined {
  const [, era, transaction] = SHAPE.exec(text ?? '') ?? [];
  return era === undefined || transaction === undefined ? undefined : { era, transaction };
}
