import type { ResolvedModel } from '@perennial/contracts-config';
import type { Principal } from '@perennial/contracts-kernel';
import type { Model } from '@perennial/contracts-wire';
import type { ProviderModel } from '@perennial/model-provider';
import type { Connection, ModelEntry } from '../state/state';

/** A connection with its provider's models, and its index among those of its kind. */
export interface Listing {
  connection: Connection;
  index: number;
  models: readonly ProviderModel[];
}

/** A usable model: its connection, and how it is shown. */
export interface Offer {
  id: string;
  connection: Connection;
  /** All models of the same provider. */
  siblings: readonly ProviderModel[];
  /** Its name at the provider. */
  upstream: string;
  /** The entry that an admin saved. */
  entry?: ModelEntry;
  /** Parameters that an admin set. */
  params: Record<string, unknown>;
  row: Model;
}

/** Creation time for providers that send none: constant while the process lives. */
const STARTED = Math.floor(Date.now() / 1000);

/**
 * All models by id: those of the providers (the first connection with an id wins) with the names and visibility of admins' entries, then the
 * admins' own models that build on one of them. The ids of `order` come first.
 */
export function buildDirectory(
  listings: readonly Listing[],
  entries: ReadonlyMap<string, ModelEntry>,
  order: readonly string[],
): ReadonlyMap<string, Offer> {
  const offers = new Map<string, Offer>();
  for (const listing of listings) {
    for (const model of listing.models) {
      const id = idOf(listing.connection, model);
      if (!offers.has(id)) offers.set(id, offerOf(id, listing, model, entries.get(id)));
    }
  }
  for (const entry of entries.values()) {
    if (entry.base_model_id === null) continue;
    const base = offers.get(entry.base_model_id);
    if (!base || base.entry?.base_model_id) continue;
    offers.set(entry.id, presetOf(entry, base));
  }
  for (const [id, { entry }] of offers) if (entry?.is_active === false) offers.delete(id);
  const first = order.flatMap((id): [string, Offer][] => {
    const offer = offers.get(id);
    return offer ? [[id, offer]] : [];
  });
  // A map keeps the place of what it has already.
  return new Map([...first, ...offers]);
}

/** Without an entry every signed-in user; with one its owner and its grants. Admins and services always. */
export function mayUse(principal: Principal, offer: Offer): boolean {
  if (principal.kind === 'service') return true;
  if (principal.kind !== 'user' || principal.role === 'pending') return false;
  if (principal.role === 'admin' || offer.entry?.user_id === principal.userId) return true;
  return isOpenToAll(offer) || isGrantedTo(principal.userId, offer);
}

/** Whether every signed-in user who is not pending may use it. */
export function isOpenToAll(offer: Offer): boolean {
  return !offer.entry || isGrantedTo('*', offer);
}

function isGrantedTo(userId: string, { entry }: Offer): boolean {
  return (
    entry?.access_grants.some(({ principal_type: type, principal_id: id }) => type === 'user' && id === userId) ?? false
  );
}

/**
 * The model as shown to this reader: an admin's parameters (for example a system prompt) and grants are for admins only.
 */
export function rowFor(principal: Principal, { row, entry }: Offer): Model {
  if (!entry || principal.kind !== 'user' || principal.role === 'admin' || entry.user_id === principal.userId)
    return row;
  return { ...row, info: { ...row.info, params: {}, access_grants: [] } };
}

/** The documents that an entry attaches to its model. Clients write the list, so other items are skipped. */
export function knowledgeOf({ entry }: Offer): ResolvedModel['knowledge'] {
  const list = Array.isArray(entry?.meta.knowledge) ? (entry.meta.knowledge as unknown[]) : [];
  return list.flatMap((item) => {
    if (typeof item !== 'object' || item === null) return [];
    const { type, id, context } = item as Record<string, unknown>;
    if ((type !== 'file' && type !== 'collection') || typeof id !== 'string') return [];
    return [{ type, id, full: context === 'full' }];
  });
}

function idOf({ options }: Connection, model: ProviderModel): string {
  return options.prefix_id ? `${options.prefix_id}.${model.id}` : model.id;
}

function offerOf(
  id: string,
  { connection, index, models }: Listing,
  model: ProviderModel,
  entry: ModelEntry | undefined,
): Offer {
  const { kind, options } = connection;
  const override = entry?.base_model_id === null ? entry : undefined;
  const row: Model = {
    ...model.raw,
    id,
    name: override?.name ?? model.name,
    object: 'model',
    created: createdOf(model.raw),
    owned_by: kind,
    [kind]: { ...model.raw, id: model.id },
    connection_type:
      options.connection_type === 'local' || options.connection_type === 'external'
        ? options.connection_type
        : TYPE[kind],
    urlIdx: index,
    tags: tagsOf(options.tags, override),
    actions: [],
    filters: [],
    ...(override ? { info: { ...override } } : {}),
  };
  return { id, connection, siblings: models, upstream: model.id, entry: override, params: override?.params ?? {}, row };
}

const TYPE = { openai: 'external', ollama: 'local' } as const;

function presetOf(entry: ModelEntry, base: Offer): Offer {
  const { row } = base;
  return {
    ...base,
    id: entry.id,
    entry,
    params: { ...base.params, ...entry.params },
    row: {
      id: entry.id,
      name: entry.name,
      object: 'model',
      created: entry.created_at,
      owned_by: row.owned_by,
      connection_type: row.connection_type,
      preset: true,
      info: { ...entry },
      tags: tagsOf(undefined, entry),
      actions: [],
      filters: [],
    },
  };
}

/** Epoch seconds, from OpenAI's `created` or Ollama's `modified_at`. */
function createdOf(raw: Record<string, unknown>): number {
  if (typeof raw.created === 'number' && Number.isFinite(raw.created)) return Math.floor(raw.created);
  const modified = typeof raw.modified_at === 'string' ? Date.parse(raw.modified_at) : NaN;
  return Number.isNaN(modified) ? STARTED : Math.floor(modified / 1000);
}

/** The names of a connection's tags, which come in two forms. */
export function tagNames(tags: readonly unknown[] | undefined): string[] {
  return tagsOf(tags, undefined).map(({ name }) => name);
}

function tagsOf(ofConnection: readonly unknown[] | undefined, entry: ModelEntry | undefined): { name: string }[] {
  const ofModel = Array.isArray(entry?.meta.tags) ? (entry.meta.tags as unknown[]) : [];
  const names = [...(ofConnection ?? []), ...ofModel].map((tag) =>
    typeof tag === 'string' ? tag : typeof tag === 'object' && tag !== null && 'name' in tag ? tag.name : undefined,
  );
  return [...new Set(names.filter((name) => typeof name === 'string'))].map((name) => ({ name }));
}
