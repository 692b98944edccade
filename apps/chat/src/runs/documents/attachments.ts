import type { SearchItem } from '@perennial/contracts-retrieval';

const UUID = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/i;

/** Most items of one search. */
const MAX_ITEMS = 100;

/**
 * The documents among a client's attachments: `{type: "file" | "collection", id}`, the id also inside `file`; `context: "full"` requests the
 * whole text. Other attachments (pictures, web pages) are ignored here.
 */
export function documentsIn(attached: unknown): SearchItem[] {
  if (!Array.isArray(attached)) return [];
  return attached.flatMap((entry: unknown) => {
    if (typeof entry !== 'object' || entry === null) return [];
    const { type, id: own, context, full, file } = entry as Record<string, unknown>;
    if (type !== 'file' && type !== 'collection') return [];
    const id = own ?? (file as { id?: unknown } | null | undefined)?.id;
    if (typeof id !== 'string' || !UUID.test(id)) return [];
    return [{ type, id: id.toLowerCase(), full: full === true || context === 'full' }];
  });
}

/** Each document once, in the given order; `full` if any of its items is. */
export function distinct(items: readonly SearchItem[]): SearchItem[] {
  const byId = new Map<string, SearchItem>();
  for (const item of items) {
    const known = byId.get(item.id);
    if (!known) byId.set(item.id, { ...item });
    else known.full ||= item.full;
  }
  return [...byId.values()].slice(0, MAX_ITEMS);
}
