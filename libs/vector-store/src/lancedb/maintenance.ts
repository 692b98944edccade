import { Index, type Table } from '@lancedb/lancedb';

/** Versions older than this go; no search lasts so long. */
const KEEP_VERSIONS_MS = 5 * 60_000;

/** Each write makes a fragment, and each fragment costs every search a little. */
const MANY_FRAGMENTS = 100;
const FEW_FRAGMENTS = 16;
/** LanceDB rewrites the whole table at once: doing so only after it grew by a quarter bounds the writing to a few times its size. */
const GROWTH = 0.25;

/** From here on comparing with every vector of a large scope takes too long. */
const INDEX_FROM_ROWS = 100_000;

/** Whether fragments should be joined and the indexes brought up to date. Cheap: reads the manifest only. */
export async function isDue(table: Table): Promise<boolean> {
  const { numRows, fragmentStats } = await table.stats();
  const { numFragments, lengths } = fragmentStats;
  if (numFragments >= MANY_FRAGMENTS) return true;
  return numFragments >= FEW_FRAGMENTS && numRows - lengths.max >= GROWTH * lengths.max;
}

/**
 * The rarity of words is taken from what the word index holds: it is brought up to date each time the collection has
 * doubled, before the write is confirmed. The rest is compared one by one until the next upkeep.
 */
export async function beforeSearched(table: Table): Promise<void> {
  const words = (await table.listIndices()).find(({ columns }) => columns.includes('words'));
  const statistics = words && (await table.indexStats(words.name));
  if (statistics === undefined || statistics.numUnindexedRows <= statistics.numIndexedRows) return;
  // Another process that writes may come in between; then it, or the next write, does it.
  await optimise(table).catch(() => undefined);
}

/**
 * Joins fragments, adds new rows to the indexes, removes old versions, and makes the vector index once there are enough rows
 * to need it. Other processes may write meanwhile: then it fails without harm and is tried again later.
 */
export async function optimise(table: Table, keepVersionsMs = KEEP_VERSIONS_MS): Promise<void> {
  await table.optimize({ cleanupOlderThan: new Date(Date.now() - keepVersionsMs) });
  if ((await table.countRows()) < INDEX_FROM_ROWS) return;
  if ((await table.listIndices()).some(({ columns }) => columns.includes('vector'))) return;
  await table.createIndex('vector', { config: Index.ivfFlat({ distanceType: 'dot' }) });
}
