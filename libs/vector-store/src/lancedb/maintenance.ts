import { Index, type Table } from '@lancedb/lancedb';

/** Older versions are removed; no search lasts this long. */
const KEEP_VERSIONS_MS = 5 * 60_000;

/** Each write makes a fragment, and each fragment costs every search a little. */
const MANY_FRAGMENTS = 100;
const FEW_FRAGMENTS = 16;
/**
 * LanceDB rewrites the whole table at once: waiting for a quarter of growth limits the writing to a few times its size.
 */
const GROWTH = 0.25;

/** From here on a large scope has too many vectors to compare all. */
const INDEX_FROM_ROWS = 100_000;

/** Whether fragments should be joined and the indexes updated. Cheap: reads the manifest only. */
export async function isDue(table: Table): Promise<boolean> {
  const { numRows, fragmentStats } = await table.stats();
  const { numFragments, lengths } = fragmentStats;
  if (numFragments >= MANY_FRAGMENTS) return true;
  return numFragments >= FEW_FRAGMENTS && numRows - lengths.max >= GROWTH * lengths.max;
}

/**
 * The word index determines how rare words are: it is updated each time the collection has doubled, before the write is confirmed. Other rows
 * are compared one by one until the next upkeep.
 */
export async function beforeSearched(table: Table): Promise<void> {
  const words = (await table.listIndices()).find(({ columns }) => columns.includes('words'));
  const statistics = words && (await table.indexStats(words.name));
  if (statistics === undefined || statistics.numUnindexedRows <= statistics.numIndexedRows) return;
  // Another process may write meanwhile; then that one, or the next write, does it.
  await optimise(table).catch(() => undefined);
}

/**
 * Joins fragments, adds new rows to the indexes, removes old versions, and creates the vector index once there are enough rows. Other
 * processes may write meanwhile: then it fails without harm and is retried later.
 */
export async function optimise(table: Table, keepVersionsMs = KEEP_VERSIONS_MS): Promise<void> {
  await table.optimize({ cleanupOlderThan: new Date(Date.now() - keepVersionsMs) });
  if ((await table.countRows()) < INDEX_FROM_ROWS) return;
  if ((await table.listIndices()).some(({ columns }) => columns.includes('vector'))) return;
  await table.createIndex('vector', { config: Index.ivfFlat({ distanceType: 'dot' }) });
}
